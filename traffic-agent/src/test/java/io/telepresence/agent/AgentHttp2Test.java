package io.telepresence.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.telepresence.agent.http2.GrpcPlace;
import io.telepresence.agree.Transport;
import io.telepresence.engagement.Port;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** gRPC through the whole agent, with the laptop behind the tunnel. */
@Timeout(60)
class AgentHttp2Test {
    @Test
    void halfOfTheCallsGoToTheLaptop() throws Exception {
        try (GrpcPlace app = new GrpcPlace("app");
                GrpcPlace laptop = new GrpcPlace("laptop");
                Rig rig = new Rig(new Port(Transport.TCP, app.port()), "127.0.0.1")) {
            rig.awaitArrival();
            rig.engageHeader(laptop.port(), "x-user", "me");
            ManagedChannel plain = GrpcPlace.caller(rig.port().getPort());
            Channel mine = GrpcPlace.with(plain, "x-user", "me");
            String large = "z".repeat(3 << 20);
            for (int i = 0; i < 10; i++) {
                assertEquals("laptop:" + large, GrpcPlace.unary(mine, large));
                assertEquals("app:" + large, GrpcPlace.unary(plain, large));
                assertEquals("laptop:a laptop:b ", GrpcPlace.both(mine, List.of("a", "b")));
                assertEquals("app:6", GrpcPlace.up(plain, List.of("abc", "def")));
            }
            rig.laptop.mood = Laptop.Mood.NOT_THERE;
            laptop.close();
            Until.holds(
                    "the agent knows that the laptop has gone",
                    () -> rig.agent.link().flows() == 0);
            assertEquals("app:1", GrpcPlace.unary(mine, "1"));
            end(plain);
        }
    }

    /** The caller's connection is older than the engagement. */
    @Test
    void aKeptConnectionIsJudgedFromThenOn() throws Exception {
        try (GrpcPlace app = new GrpcPlace("app");
                GrpcPlace laptop = new GrpcPlace("laptop");
                Rig rig = new Rig(new Port(Transport.TCP, app.port()), "127.0.0.1")) {
            rig.awaitArrival();
            ManagedChannel plain = GrpcPlace.caller(rig.port().getPort());
            Channel mine = GrpcPlace.with(plain, "x-user", "me");
            assertEquals("app:1", GrpcPlace.unary(mine, "1"));
            rig.engageHeader(laptop.port(), "x-user", "me");
            Until.holds(
                    "calls reach the laptop", () -> GrpcPlace.unary(mine, "2").equals("laptop:2"));
            assertEquals("app:3", GrpcPlace.unary(plain, "3"));
            rig.disengage();
            assertEquals("app:4", GrpcPlace.unary(mine, "4"));
            end(plain);
        }
    }

    private static void end(ManagedChannel channel) throws InterruptedException {
        channel.shutdownNow();
        channel.awaitTermination(5, TimeUnit.SECONDS);
    }
}
