package io.telepresence.agent;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.telepresence.rpc.engagement.Engagement;
import io.telepresence.rpc.engagement.EngagementKind;
import io.telepresence.rpc.engagement.TrafficCount;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Wiretaps on a port without filters: the caller must not notice them. */
@Timeout(60)
class AgentTapTest {
    /** Some heartbeats. */
    private static final Duration TOLD = Duration.ofSeconds(25);

    @Test
    void severalTapsAndTheAppAllGetEverything() throws Exception {
        try (Place app = Place.echo("app");
                Place one = Place.passive("one");
                Place two = Place.passive("two");
                AgentFixture rig = AgentFixture.tcp(app)) {
            engage(rig, mirror(rig, "a:one", one), mirror(rig, "b:two", two));
            try (Caller caller = rig.call()) {
                assertEquals("app", caller.line());
                caller.say("hello");
                assertEquals("hellobye", caller.finish());
            }
            assertEquals("hello", all(one));
            assertEquals("hello", all(two));
        }
    }

    @Test
    void tapsGoTogetherWithAnIntercept() throws Exception {
        try (Place app = Place.echo("app");
                Place local = Place.echo("laptop");
                Place one = Place.passive("one");
                Place two = Place.passive("two");
                AgentFixture rig = AgentFixture.tcp(app)) {
            engage(rig, mirror(rig, "a:one", one), mirror(rig, "b:two", two), rig.engagement(local.port(), "ACTIVE"));
            try (Caller caller = rig.call()) {
                assertEquals("laptop", caller.line());
                caller.say("hello");
                assertEquals("hellobye", caller.finish());
            }
            assertEquals("hello", all(one));
            assertEquals("hello", all(two));
        }
    }

    @Test
    void aCallerThatResetsIsStillCopiedWhole() throws Exception {
        try (Place app = Place.echo("app");
                Place one = Place.passive("one");
                AgentFixture rig = AgentFixture.tcp(app)) {
            engage(rig, mirror(rig, "a:one", one));
            try (Caller caller = rig.call()) {
                caller.line();
                caller.say("hello");
                assertEquals('h', caller.socket.getInputStream().read());
                caller.reset();
            }
            assertEquals("hello", all(one));
        }
    }

    @Test
    void aStoppedLaptopBreaksNothing() throws Exception {
        byte[] sent = new byte[20 << 20];
        new Random(5).nextBytes(sent);
        try (Place app = Place.echo("app");
                Place one = Place.passive("one");
                AgentFixture rig = AgentFixture.tcp(app)) {
            rig.laptop.mood = FakeLaptop.Mood.STALLED;
            engage(rig, mirror(rig, "a:one", one));
            try (Caller caller = rig.call()) {
                caller.line();
                Until.holds(
                        "the copy has begun", TOLD, () -> counted(rig, "a:one").getDelivered() == 1);
                Thread writer = Thread.ofVirtual().start(() -> {
                    try {
                        caller.socket.getOutputStream().write(sent);
                        caller.socket.shutdownOutput();
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                });
                assertArrayEquals(sent, caller.socket.getInputStream().readNBytes(sent.length));
                writer.join();
                assertEquals("bye", new String(caller.socket.getInputStream().readAllBytes()));
            }
            Until.holds("the loss is told", TOLD, () -> counted(rig, "a:one").getDropped() == 1);
            assertEquals(1, counted(rig, "a:one").getDelivered());
        }
    }

    @Test
    void anAbsentLaptopBreaksNothing() throws Exception {
        try (Place app = Place.echo("app");
                Place one = Place.passive("one");
                AgentFixture rig = AgentFixture.tcp(app)) {
            rig.laptop.mood = FakeLaptop.Mood.NOT_THERE;
            engage(rig, mirror(rig, "a:one", one));
            Crowd.ask(rig, 200, "app");
        }
    }

    static Engagement mirror(AgentFixture rig, String id, Place place) {
        Engagement like = rig.engagement(place.port(), "ACTIVE");
        return like.toBuilder()
                .setId(id)
                .setSpec(like.getSpec().toBuilder().setKind(EngagementKind.WIRETAP))
                .build();
    }

    static void engage(AgentFixture rig, Engagement... engagements) {
        rig.manager.engage(engagements);
        rig.awaitEngaged(true);
    }

    static TrafficCount counted(AgentFixture rig, String id) {
        return rig.manager.beats.stream()
                .flatMap(beat -> beat.getCountsList().stream())
                .filter(count -> count.getEngagementId().equals(id))
                .reduce((older, newer) -> newer)
                .orElse(TrafficCount.getDefaultInstance());
    }

    private static String all(Place place) throws Exception {
        try (Socket socket = place.onlyOne()) {
            return new String(socket.getInputStream().readAllBytes());
        }
    }
}
