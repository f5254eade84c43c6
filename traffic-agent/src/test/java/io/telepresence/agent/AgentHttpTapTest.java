package io.telepresence.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.rpc.engagement.Engagement;
import io.telepresence.rpc.engagement.EngagementKind;
import io.telepresence.rpc.engagement.HttpHeader;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Wiretaps of requests, alone and beside an intercept. */
@Timeout(60)
class AgentHttpTapTest {
    private FakeHttpServer app;
    private FakeHttpServer ann;
    private FakeHttpServer mirror;
    private AgentFixture rig;

    @BeforeEach
    void open() throws Exception {
        app = new FakeHttpServer("app");
        ann = new FakeHttpServer("ann");
        mirror = new FakeHttpServer("mirror");
        rig = AgentFixture.tcp(app.port());
    }

    @AfterEach
    void close() throws Exception {
        rig.close();
        app.close();
        ann.close();
        mirror.close();
    }

    private Engagement tapping(String header) {
        Engagement all = rig.engagement(mirror.port(), "ACTIVE");
        return all.toBuilder()
                .setId("client:mirror")
                .setSpec(all.getSpec().toBuilder()
                        .setKind(EngagementKind.WIRETAP)
                        .addHttpHeaders(HttpHeader.newBuilder().setName(header).setValue("yes")))
                .build();
    }

    private void engage(Engagement... engagements) {
        rig.manager.engage(engagements);
        Until.holds("engaged", () -> rig.agent.link().rules().get().ports().values().stream()
                .anyMatch(rules -> rules.mirrors().size() + rules.takers().size() == engagements.length));
    }

    @Test
    void requestsThatFitAreCopied() throws Exception {
        engage(tapping("X-Tap"));
        try (HttpCaller caller = new HttpCaller(rig.port())) {
            assertEquals("app /no 0", caller.get("/no", false).body());
            caller.send("POST /copied HTTP/1.1\r\nX-Tap: yes\r\nContent-Length: 3\r\n\r\n")
                    .send("abc");
            assertEquals("app /copied 3", caller.body());
            assertEquals("app /neither 0", caller.get("/neither", false).body());
        }
        Until.holds("the copy", () -> mirror.bodies.size() == 1);
        assertEquals(List.of("POST /copied HTTP/1.1\r\nX-Tap: yes\r\nContent-Length: 3\r\n\r\n"), mirror.heads);
        assertEquals(List.of("abc"), mirror.bodies);
    }

    @Test
    void whatIsInterceptedIsCopiedToo() throws Exception {
        engage(rig.engagement(ann.port(), "ACTIVE"), tapping("X-Tap"));
        try (HttpCaller caller = new HttpCaller(rig.port())) {
            caller.send("GET /x HTTP/1.1\r\nX-Tap: yes\r\n\r\n");
            assertEquals("ann /x 0", caller.body());
        }
        Until.holds("the copy", () -> mirror.heads.size() == 1);
        assertTrue(app.heads.isEmpty());
    }

    @Test
    void anUpgradedConnectionIsCopiedToItsEnd() throws Exception {
        engage(tapping("X-Tap"));
        try (HttpCaller caller = new HttpCaller(rig.port())) {
            caller.send("GET /upgrade HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: echo\r\nX-Tap: yes\r\n\r\n");
            assertTrue(caller.head().startsWith("HTTP/1.1 101"));
            assertEquals("app\n", caller.line());
            assertEquals("hello\n", caller.send("hello\n").line());
            caller.socket.shutdownOutput();
            assertEquals("", caller.rest());
        }
        Until.holds("the copy", () -> mirror.heads.size() == 1 && mirror.ended.get() == 1);
    }
}
