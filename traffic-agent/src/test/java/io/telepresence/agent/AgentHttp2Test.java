package io.telepresence.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.telepresence.agent.http2.FakeGrpcServer;
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
        try (FakeGrpcServer app = new FakeGrpcServer("app");
                FakeGrpcServer laptop = new FakeGrpcServer("laptop");
                AgentFixture rig = new AgentFixture(new Port(Transport.TCP, app.port()), "127.0.0.1")) {
            rig.awaitArrival();
            rig.engageHeader(laptop.port(), "x-user", "me");
            ManagedChannel plain = FakeGrpcServer.caller(rig.port().getPort());
            Channel mine = FakeGrpcServer.with(plain, "x-user", "me");
            String large = "z".repeat(3 << 20);
            for (int i = 0; i < 10; i++) {
                assertEquals("laptop:" + large, FakeGrpcServer.unary(mine, large));
                assertEquals("app:" + large, FakeGrpcServer.unary(plain, large));
                assertEquals("laptop:a laptop:b ", FakeGrpcServer.both(mine, List.of("a", "b")));
                assertEquals("app:6", FakeGrpcServer.up(plain, List.of("abc", "def")));
            }
            rig.laptop.mood = FakeLaptop.Mood.NOT_THERE;
            laptop.close();
            Until.holds(
                    "the agent knows that the laptop has gone",
                    () -> rig.agent.link().flows() == 0);
            assertEquals("app:1", FakeGrpcServer.unary(mine, "1"));
            end(plain);
        }
    }

    /** The caller's connection is older than the engagement. */
    @Test
    void aKeptConnectionIsJudgedFromThenOn() throws Exception {
        try (FakeGrpcServer app = new FakeGrpcServer("app");
                FakeGrpcServer laptop = new FakeGrpcServer("laptop");
                AgentFixture rig = new AgentFixture(new Port(Transport.TCP, app.port()), "127.0.0.1")) {
            rig.awaitArrival();
            ManagedChannel plain = FakeGrpcServer.caller(rig.port().getPort());
            Channel mine = FakeGrpcServer.with(plain, "x-user", "me");
            assertEquals("app:1", FakeGrpcServer.unary(mine, "1"));
            rig.engageHeader(laptop.port(), "x-user", "me");
            Until.holds("calls reach the laptop", () -> FakeGrpcServer.unary(mine, "2")
                    .equals("laptop:2"));
            assertEquals("app:3", FakeGrpcServer.unary(plain, "3"));
            rig.disengage();
            assertEquals("app:4", FakeGrpcServer.unary(mine, "4"));
            end(plain);
        }
    }

    private static void end(ManagedChannel channel) throws InterruptedException {
        channel.shutdownNow();
        channel.awaitTermination(5, TimeUnit.SECONDS);
    }
}
