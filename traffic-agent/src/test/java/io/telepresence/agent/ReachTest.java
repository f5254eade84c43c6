package io.telepresence.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.netty.buffer.Unpooled;
import io.telepresence.agree.Transport;
import io.telepresence.rpc.agent.ContainerView;
import io.telepresence.rpc.agent.ReachRequest;
import io.telepresence.rpc.tunnel.Reach;
import io.telepresence.rpc.tunnel.View;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowKey;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients reach into the pod. */
@Timeout(60)
class ReachTest {
    @Test
    void theViewTellsTheEnvironmentAndTheVolumesOfAContainer() throws Exception {
        try (Place app = Place.echo("app");
                AgentFixture rig = AgentFixture.tcp(app)) {
            Fetched view = ask(rig, "app", Transport.TCP, Reach.newBuilder().setView(View.getDefaultInstance()));
            view.awaitState("finished");
            ContainerView told = ContainerView.parseFrom(view.content());
            assertEquals("app", told.getContainer());
            assertEquals(
                    Map.of("COLOR", ByteString.copyFromUtf8("blue"), "EMPTY", ByteString.EMPTY),
                    told.getEnvironmentMap());
            assertEquals("api-1", told.getPodName());
            assertEquals("127.0.0.1", told.getPodIp());
            assertEquals("/data", told.getMounts(0).getPath());
            assertTrue(told.getMounts(1).getLocal());
            assertEquals("dial-1", view.open.getFetch().getDialId());
            assertEquals("agent-1", view.open.getSessionId());
        }
    }

    @Test
    void anUnknownContainerIsOneSentence() throws Exception {
        try (Place app = Place.echo("app");
                AgentFixture rig = AgentFixture.tcp(app)) {
            Fetched view = ask(rig, "web", Transport.TCP, Reach.newBuilder().setView(View.getDefaultInstance()));
            view.awaitState("DENIED: pod api-1 has no container 'web'");
        }
    }

    @Test
    void aPortOfThePodsLoopbackCanBeReached() throws Exception {
        try (Place app = Place.echo("app");
                AgentFixture rig = AgentFixture.tcp(app)) {
            Fetched port = ask(rig, "app", Transport.TCP, Reach.newBuilder().setPort(app.port()));
            port.awaitState("opened");
            Until.holds("greeted", () -> text(port).equals("app\n"));
            Flow flow = port.flow();
            flow.loop().execute(() -> {
                flow.write(Unpooled.copiedBuffer("hello", StandardCharsets.UTF_8));
                flow.finish();
            });
            port.awaitState("finished");
            assertEquals("app\nhellobye", text(port));
        }
    }

    @Test
    void aProgramThatListensOnIpv6OnlyIsReachedToo() throws Exception {
        try (Place app = Place.echo("app", InetAddress.getByName("::1"), 0);
                AgentFixture rig = AgentFixture.tcp(app)) {
            Fetched port = ask(rig, "app", Transport.TCP, Reach.newBuilder().setPort(app.port()));
            Until.holds("greeted", () -> text(port).equals("app\n"));
            port.flow().reset(io.telepresence.tunnel.ResetReason.ABORTED, "enough");
        }
    }

    @Test
    void datagramsReachAPortOfThePodsLoopback() throws Exception {
        try (Place app = Place.echo("app");
                DatagramSocket udp = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"));
                AgentFixture rig = AgentFixture.tcp(app)) {
            udp.setSoTimeout(10_000);
            Fetched port = ask(rig, "app", Transport.UDP, Reach.newBuilder().setPort(udp.getLocalPort()));
            port.awaitState("opened");
            Flow flow = port.flow();
            flow.loop().execute(() -> flow.write(Unpooled.copiedBuffer("ping", StandardCharsets.UTF_8)));
            DatagramPacket got = new DatagramPacket(new byte[100], 100);
            udp.receive(got);
            assertEquals("ping", new String(got.getData(), 0, got.getLength(), StandardCharsets.UTF_8));
            udp.send(new DatagramPacket("pong".getBytes(StandardCharsets.UTF_8), 4, got.getSocketAddress()));
            Until.holds("answered", () -> text(port).equals("pong"));
            flow.reset(io.telepresence.tunnel.ResetReason.ABORTED, "enough");
        }
    }

    @Test
    void whereNobodyListensTheClientIsTold() throws Exception {
        try (Place app = Place.echo("app");
                AgentFixture rig = AgentFixture.tcp(app)) {
            int free;
            try (Place gone = Place.echo("gone")) {
                free = gone.port();
            }
            ask(rig, "app", Transport.TCP, Reach.newBuilder().setPort(free))
                    .awaitState("REFUSED: nothing listens on port " + free + " of the pod");
            ask(rig, "app", Transport.TCP, Reach.newBuilder().setPort(65_536))
                    .awaitState("DENIED: there is no port 65536: 1 to 65535 can be reached");
            ask(rig, "app", Transport.TCP, Reach.newBuilder())
                    .awaitState("DENIED: this traffic-agent does not know that request");
        }
    }

    private static String text(Fetched fetched) {
        return new String(fetched.content(), StandardCharsets.UTF_8);
    }

    private static Fetched ask(AgentFixture rig, String container, Transport protocol, Reach.Builder what) {
        Fetched fetched = new Fetched();
        rig.laptop.fetched = fetched;
        Until.holds("the agent listens", rig.manager::reachable);
        InetSocketAddress nowhere = new InetSocketAddress("127.0.0.1", 1);
        rig.manager.reach(ReachRequest.newBuilder()
                .setDialId("dial-1")
                .setId(new FlowKey(protocol, nowhere, nowhere).toWire())
                .setReach(what)
                .setContainer(container)
                .build());
        return fetched;
    }
}
