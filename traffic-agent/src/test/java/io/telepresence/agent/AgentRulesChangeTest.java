package io.telepresence.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Engagements come and go while callers keep their connections. */
@Timeout(60)
class AgentRulesChangeTest {
    private FakeHttpServer app;
    private FakeHttpServer ann;
    private AgentFixture rig;

    @BeforeEach
    void open() throws Exception {
        app = new FakeHttpServer("app");
        ann = new FakeHttpServer("ann");
        rig = AgentFixture.tcp(app.port());
    }

    @AfterEach
    void close() throws Exception {
        rig.close();
        app.close();
        ann.close();
    }

    @Test
    void aKeptConnectionIsReadFromTheNextRequestOn() throws Exception {
        try (HttpCaller caller = new HttpCaller(rig.port())) {
            assertEquals("app /a 0", caller.get("/a", true).body());
            rig.engageHeader(ann.port(), "X-User", "ann");
            assertEquals("ann /b 0", caller.get("/b", true).body());
            assertEquals("app /c 0", caller.get("/c", false).body());
            rig.disengage();
            assertEquals("app /d 0", caller.get("/d", true).body());
        }
        assertEquals(1, app.accepted.size());
    }

    @Test
    void theSameWithoutAFilter() throws Exception {
        try (HttpCaller caller = new HttpCaller(rig.port())) {
            assertEquals("app /a 0", caller.get("/a", true).body());
            rig.engage(ann.port());
            assertEquals("ann /b 0", caller.get("/b", true).body());
            rig.disengage();
            assertEquals("app /c 0", caller.get("/c", true).body());
        }
    }

    @Test
    void aDeliveredConnectionGoesBackToTheApp() throws Exception {
        rig.engage(ann.port());
        try (HttpCaller caller = new HttpCaller(rig.port())) {
            assertEquals("ann /a 0", caller.get("/a", true).body());
            rig.disengage();
            assertEquals("app /b 0", caller.get("/b", true).body());
        }
    }

    @Test
    void aDeliveredConnectionSurvivesThatItsFlowIsCutBetweenRequests() throws Exception {
        rig.engage(ann.port());
        try (HttpCaller caller = new HttpCaller(rig.port());
                HttpCaller silent = new HttpCaller(rig.port())) {
            assertEquals("ann /a 0", caller.get("/a", true).body());
            Until.holds("both are delivered", () -> rig.laptop.flows.get() == 2);
            rig.disengage();
            rig.laptop.cut();
            Until.holds("the flows are gone", () -> rig.agent.link().flows() == 0);
            assertEquals("app /b 0", caller.get("/b", true).body());
            assertEquals("app /c 0", silent.get("/c", true).body());
        }
    }

    @Test
    void aSilentCallerMayStillBeginWithARequest() throws Exception {
        rig.engageHeader(ann.port(), "X-User", "ann");
        try (HttpCaller caller = new HttpCaller(rig.port())) {
            Until.holds("it is joined to the app", () -> app.accepted.size() == 1);
            assertEquals("ann /a 0", caller.get("/a", true).body());
            assertEquals("app /b 0", caller.get("/b", false).body());
        }
        assertEquals(1, app.accepted.size());
    }

    @Test
    void aBodyThatLooksLikeARequestIsNone() throws Exception {
        String body = "GET /evil HTTP/1.1\r\nX-User: ann\r\n\r\n";
        try (HttpCaller caller = new HttpCaller(rig.port())) {
            caller.send("POST /p HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: " + body.length() + "\r\n\r\n");
            assertEquals("HTTP/1.1 100 Continue\r\n\r\n", caller.head());
            rig.engageHeader(ann.port(), "X-User", "ann");
            assertEquals("app /p " + body.length(), caller.send(body).body());
        }
        assertTrue(ann.heads.isEmpty());
    }

    @Test
    void noRequestFailsWhileEngagementsComeAndGo() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        AtomicReference<Throwable> failed = new AtomicReference<>();
        Thread[] callers = new Thread[4];
        for (int i = 0; i < callers.length; i++) {
            callers[i] = Thread.ofVirtual().start(() -> {
                try (HttpCaller caller = new HttpCaller(rig.port())) {
                    for (int n = 0; !stop.get(); n++) {
                        String body = caller.get("/n" + n, n % 2 == 0).body();
                        assertTrue(body.endsWith(" /n" + n + " 0"), n + ": " + body);
                    }
                } catch (Throwable e) {
                    failed.compareAndSet(null, e);
                }
            });
        }
        for (int round = 0; round < 30; round++) {
            if (round % 2 == 0) {
                rig.engageHeader(ann.port(), "X-User", "ann");
            } else {
                rig.engage(ann.port());
            }
            int heard = ann.heads.size();
            Until.holds("requests come", () -> ann.heads.size() > heard + 5 || failed.get() != null);
            rig.disengage();
        }
        stop.set(true);
        for (Thread caller : callers) {
            caller.join();
        }
        if (failed.get() != null) {
            throw new AssertionError(failed.get());
        }
    }
}
