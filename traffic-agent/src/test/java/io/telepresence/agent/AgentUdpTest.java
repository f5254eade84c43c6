package io.telepresence.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.telepresence.agree.Transport;
import io.telepresence.engagement.Port;
import io.telepresence.rpc.engagement.Engagement;
import io.telepresence.rpc.engagement.EngagementKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class AgentUdpTest {
    private static final byte[] LARGE = new byte[60_000];

    @Test
    void datagramsReachTheAppAndItsAnswersComeBack() throws Exception {
        try (UdpApp app = new UdpApp("127.0.0.1");
                AgentFixture rig = rig(app, "127.0.0.1");
                DatagramSocket one = caller();
                DatagramSocket two = caller()) {
            assertEquals("app:a", ask(one, rig, "a"));
            assertEquals("app:b", ask(two, rig, "b"));
            assertEquals("app:c", ask(one, rig, "c"));
            assertEquals("app:", ask(one, rig, ""));
            assertEquals(2, rig.agent.open());
            assertEquals("app:" + new String(LARGE), ask(one, rig, new String(LARGE)));
        }
    }

    @Test
    void anAppOnLoopbackOnlyIsFound() throws Exception {
        try (UdpApp app = new UdpApp("127.0.0.1");
                AgentFixture rig = rig(app, "127.0.0.2");
                DatagramSocket caller = caller()) {
            assertEquals("app:first", ask(caller, rig, "first"));
            assertEquals("app:second", ask(caller, rig, "second"));
        }
    }

    @Test
    void anEngagedPortGoesToTheLaptopAndBack() throws Exception {
        try (UdpApp app = new UdpApp("127.0.0.1");
                AgentFixture rig = rig(app, "127.0.0.1");
                DatagramSocket caller = caller()) {
            rig.awaitArrival();
            assertEquals("app:a", ask(caller, rig, "a"));
            rig.engage(5000);
            assertEquals("laptop:b", ask(caller, rig, "b"));
            assertEquals("laptop:", ask(caller, rig, ""));
            assertEquals("laptop:" + new String(LARGE), ask(caller, rig, new String(LARGE)));
            rig.disengage();
            assertEquals("app:d", ask(caller, rig, "d"));
        }
    }

    @Test
    void tapsGetCopiesBesideTheAppAndBesideAnIntercept() throws Exception {
        try (UdpApp app = new UdpApp("127.0.0.1");
                AgentFixture rig = rig(app, "127.0.0.1");
                DatagramSocket caller = caller()) {
            rig.awaitArrival();
            Engagement one = mirror(rig, "one:mirror");
            Engagement two = mirror(rig, "two:mirror");
            rig.manager.engage(one, two);
            rig.awaitEngaged(true);
            assertEquals("app:a", ask(caller, rig, "a"));
            Until.holds("both mirrors have a copy", () -> rig.laptop.datagrams.equals(List.of("a", "a")));
            rig.manager.engage(one, two, rig.engagement(5000, "ACTIVE"));
            Until.holds("intercepted", () -> asked(caller, rig, "b").equals("laptop:b"));
            assertEquals("laptop:" + new String(LARGE), ask(caller, rig, new String(LARGE)));
            Until.holds(
                    "three have it",
                    () -> rig.laptop.datagrams.stream()
                                    .filter(new String(LARGE)::equals)
                                    .count()
                            == 3);
            rig.manager.engage();
            rig.awaitEngaged(false);
            assertEquals("app:c", ask(caller, rig, "c"));
        }
    }

    @Test
    void aTapWithoutLaptopCostsTheOriginalNothing() throws Exception {
        try (UdpApp app = new UdpApp("127.0.0.1");
                AgentFixture rig = rig(app, "127.0.0.1");
                DatagramSocket caller = caller()) {
            rig.awaitArrival();
            rig.laptop.mood = FakeLaptop.Mood.SILENT;
            rig.manager.engage(mirror(rig, "one:mirror"));
            rig.awaitEngaged(true);
            for (int i = 0; i < 200; i++) {
                assertEquals("app:" + i, ask(caller, rig, "" + i));
            }
            Until.holds("the losses are told", () -> rig.manager.beats.stream()
                    .flatMap(beat -> beat.getCountsList().stream())
                    .anyMatch(count -> count.getEngagementId().equals("one:mirror")
                            && count.getDropped() == 200
                            && count.getDelivered() == 0));
        }
    }

    /** There are 512 copies at once, whoever wants more. */
    @Test
    void oneAddressThatHasAllCopiesTakesNoneFromAnother() throws Exception {
        try (UdpApp app = new UdpApp("127.0.0.1");
                AgentFixture rig = rig(app, "127.0.0.1");
                DatagramSocket other = caller("127.0.0.3")) {
            rig.awaitArrival();
            rig.manager.engage(mirror(rig, "one:mirror"));
            rig.awaitEngaged(true);
            List<DatagramSocket> flood = new ArrayList<>();
            try {
                for (int i = 0; i < 600; i++) {
                    flood.add(caller());
                }
                // Only so many copies are begun at a time.
                for (int round = 0; round < 10; round++) {
                    flood(flood, rig);
                }
                Until.holds("another's datagram is copied", () -> {
                    flood(flood, rig);
                    asked(other, rig, "other");
                    return rig.laptop.datagrams.contains("other");
                });
            } finally {
                flood.forEach(DatagramSocket::close);
            }
        }
    }

    private static Engagement mirror(AgentFixture rig, String id) {
        Engagement like = rig.engagement(5000, "ACTIVE");
        return like.toBuilder()
                .setId(id)
                .setSpec(like.getSpec().toBuilder().setKind(EngagementKind.WIRETAP))
                .build();
    }

    private static String asked(DatagramSocket caller, AgentFixture rig, String text) {
        try {
            return ask(caller, rig, text);
        } catch (IOException e) {
            return "";
        }
    }

    /** It may not be up yet, or start again; whoever speaks all the time is not kept waiting for a silence of its own. */
    @Test
    void aSourceThatSpeaksWhileTheAppIsAwayReachesItOnceItIsThere() throws Exception {
        UdpApp before = new UdpApp("127.0.0.1");
        InetSocketAddress address = (InetSocketAddress) before.socket.getLocalSocketAddress();
        try (AgentFixture rig = rig(before, "127.0.0.1");
                DatagramSocket caller = caller()) {
            caller.setSoTimeout(100);
            before.close();
            for (int i = 0; i < 5; i++) {
                assertEquals("", asked(caller, rig, "early"));
            }
            try (UdpApp app = new UdpApp(address)) {
                Until.holds("the app answers", () -> asked(caller, rig, "a").equals("app:a"));
                assertEquals("app:b", ask(caller, rig, "b"), "it is not tried anew each time");
            }
            for (int i = 0; i < 15; i++) {
                assertEquals("", asked(caller, rig, "away"));
            }
            try (UdpApp again = new UdpApp(address)) {
                Until.holds("it answers again", () -> asked(caller, rig, "c").equals("app:c"));
            }
        }
    }

    @Test
    void aLaptopThatComesBackIsAskedAgain() throws Exception {
        try (UdpApp app = new UdpApp("127.0.0.1");
                AgentFixture rig = rig(app, "127.0.0.1");
                DatagramSocket caller = caller()) {
            rig.awaitArrival();
            rig.laptop.mood = FakeLaptop.Mood.NOT_THERE;
            rig.engage(5000);
            send(caller, rig, "lost");
            Until.holds("the laptop was asked", () -> !rig.laptop.opens.isEmpty());
            rig.laptop.mood = FakeLaptop.Mood.DIALS;
            caller.setSoTimeout(100);
            Until.holds("an answer", () -> {
                try {
                    return ask(caller, rig, "again").equals("laptop:again");
                } catch (IOException e) {
                    return false;
                }
            });
        }
    }

    private static AgentFixture rig(UdpApp app, String podIp) throws Exception {
        return new AgentFixture(new Port(Transport.UDP, app.socket.getLocalPort()), podIp);
    }

    private static DatagramSocket caller() throws IOException {
        return caller("127.0.0.1");
    }

    private static DatagramSocket caller(String address) throws IOException {
        DatagramSocket socket = new DatagramSocket(new InetSocketAddress(InetAddress.getByName(address), 0));
        socket.setSoTimeout(5_000);
        return socket;
    }

    /** Each speaks; now and then an answer is awaited, so that no socket's buffer is full. */
    private static void flood(List<DatagramSocket> sources, AgentFixture rig) {
        try {
            for (int i = 0; i < sources.size(); i++) {
                if (i % 130 == 0) {
                    ask(sources.get(i), rig, "flood");
                } else {
                    send(sources.get(i), rig, "flood");
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void send(DatagramSocket caller, AgentFixture rig, String text) throws IOException {
        byte[] bytes = text.getBytes();
        caller.send(new DatagramPacket(
                bytes,
                bytes.length,
                InetAddress.getByName("127.0.0.1"),
                rig.port().getPort()));
    }

    private static String ask(DatagramSocket caller, AgentFixture rig, String text) throws IOException {
        send(caller, rig, text);
        DatagramPacket answer = new DatagramPacket(new byte[65_535], 65_535);
        caller.receive(answer);
        return new String(answer.getData(), 0, answer.getLength());
    }

    /** Answers every datagram with "app:" before it. */
    private static final class UdpApp implements AutoCloseable {
        final DatagramSocket socket;

        UdpApp(String address) throws IOException {
            this(new InetSocketAddress(InetAddress.getByName(address), 0));
        }

        UdpApp(InetSocketAddress address) throws IOException {
            socket = new DatagramSocket(address);
            Thread.ofVirtual().start(this::serve);
        }

        private void serve() {
            DatagramPacket packet = new DatagramPacket(new byte[65_535], 65_535);
            try {
                while (true) {
                    packet.setLength(65_535);
                    socket.receive(packet);
                    byte[] answer = ("app:" + new String(packet.getData(), 0, packet.getLength())).getBytes();
                    socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
                }
            } catch (IOException e) {
                // Closed.
            }
        }

        @Override
        public void close() {
            socket.close();
        }
    }
}
