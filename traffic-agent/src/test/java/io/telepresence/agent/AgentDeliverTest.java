package io.telepresence.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.rpc.tunnel.Open;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The port is engaged: new connections go to the laptop. */
@Timeout(60)
class AgentDeliverTest {
    @Test
    void newConnectionsGoToTheLaptopAndOldOnesStay() throws Exception {
        try (Place app = Place.echo("app");
                Place local = Place.echo("laptop");
                AgentFixture rig = AgentFixture.tcp(app);
                Caller before = rig.call()) {
            assertEquals("app", before.line());
            rig.engage(local.port());
            try (Caller during = rig.call()) {
                assertEquals("laptop", during.line());
                rig.disengage();
                try (Caller after = rig.call()) {
                    assertEquals("app", after.line());
                }
                during.say("kept");
                assertEquals("keptbye", during.finish());
            }
            before.say("old");
            assertEquals("oldbye", before.finish());
        }
    }

    @Test
    void theOpenFrameTellsWhoCallsWhat() throws Exception {
        try (Place app = Place.echo("app");
                Place local = Place.echo("laptop");
                AgentFixture rig = AgentFixture.tcp(app)) {
            rig.engage(local.port());
            int source;
            try (Caller caller = rig.call()) {
                caller.line();
                source = caller.socket.getLocalPort();
            }
            Open open = rig.laptop.opens.getFirst();
            assertEquals("agent-1", open.getSessionId());
            assertEquals("client:one", open.getDeliver().getEngagementId());
            assertEquals(local.port(), open.getDeliver().getPort());
            assertEquals(source, open.getId().getSource().getPort());
            assertEquals(app.port(), open.getId().getDestination().getPort());
        }
    }

    @Test
    void aWaitingEngagementChangesNothing() throws Exception {
        try (Place app = Place.echo("app");
                Place local = Place.echo("laptop");
                AgentFixture rig = AgentFixture.tcp(app)) {
            rig.engage(local.port());
            rig.manager.engage(rig.engagement(local.port(), "WAITING"));
            rig.awaitEngaged(false);
            try (Caller caller = rig.call()) {
                assertEquals("app", caller.line());
            }
        }
    }

    @Test
    void anAbsentLaptopMeansResetAtOnce() throws Exception {
        try (Place app = Place.echo("app");
                AgentFixture rig = AgentFixture.tcp(app)) {
            rig.laptop.mood = FakeLaptop.Mood.NOT_THERE;
            rig.engage(9);
            try (Caller caller = rig.call()) {
                assertTrue(caller.isReset());
            }
        }
    }

    @Test
    void nothingListensOnTheLaptop() throws Exception {
        Place local = Place.echo("laptop");
        local.close();
        try (Place app = Place.echo("app");
                AgentFixture rig = AgentFixture.tcp(app)) {
            rig.engage(local.port());
            try (Caller caller = rig.call()) {
                assertTrue(caller.isReset());
            }
        }
    }

    @Test
    void aSilentLaptopMeansResetWithinTheBound() throws Exception {
        try (Place app = Place.echo("app");
                AgentFixture rig = AgentFixture.tcp(app)) {
            rig.laptop.mood = FakeLaptop.Mood.SILENT;
            rig.engage(9);
            long begin = System.nanoTime();
            try (Caller caller = rig.call()) {
                caller.say("early words");
                assertTrue(caller.isReset());
            }
            Duration took = Duration.ofNanos(System.nanoTime() - begin);
            assertTrue(took.compareTo(AgentFixture.PATIENCE.plusSeconds(20)) < 0, "took " + took);
        }
    }

    @Test
    void aCallerThatSpeaksAndEndsEarlyIsHeardWhole() throws Exception {
        try (Place app = Place.echo("app");
                Place local = Place.echo("laptop");
                AgentFixture rig = AgentFixture.tcp(app)) {
            rig.engage(local.port());
            try (Caller caller = rig.call()) {
                caller.say("early");
                assertEquals("laptop\nearlybye", caller.finish());
            }
        }
    }

    @Test
    void resetsPassBothWays() throws Exception {
        try (Place app = Place.echo("app");
                Place local = Place.passive("laptop");
                AgentFixture rig = AgentFixture.tcp(app)) {
            rig.engage(local.port());
            try (Caller caller = rig.call()) {
                Socket there = local.onlyOne();
                there.setSoTimeout(5_000);
                caller.reset();
                assertThrows(SocketException.class, () -> there.getInputStream().read());
            }
            local.accepted.clear();
            try (Caller caller = rig.call()) {
                Socket there = local.onlyOne();
                there.setSoLinger(true, 0);
                there.close();
                assertTrue(caller.isReset());
            }
        }
    }

    @Test
    void aThousandDeliveredAtOnce() throws Exception {
        try (Place app = Place.echo("app");
                Place local = Place.echo("laptop");
                AgentFixture rig = AgentFixture.patient(app)) {
            rig.engage(local.port());
            Crowd.ask(rig, 1000, "laptop");
        }
    }
}
