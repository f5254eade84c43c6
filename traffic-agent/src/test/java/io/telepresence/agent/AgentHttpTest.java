package io.telepresence.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Requests with {@code X-User: ann} are hers, the others the app's. */
@Timeout(60)
class AgentHttpTest {
    private FakeHttpServer app;
    private FakeHttpServer ann;
    private AgentFixture rig;

    @BeforeEach
    void open() throws Exception {
        app = new FakeHttpServer("app");
        ann = new FakeHttpServer("ann");
        rig = AgentFixture.tcp(app.port());
        rig.engageHeader(ann.port(), "X-User", "ann");
    }

    @AfterEach
    void close() throws Exception {
        rig.close();
        app.close();
        ann.close();
    }

    private HttpCaller call() throws IOException {
        return new HttpCaller(rig.port());
    }

    @Test
    void everyRequestOfAConnectionHasItsVerdict() throws Exception {
        try (HttpCaller caller = call()) {
            for (int i = 0; i < 20; i++) {
                boolean hers = i % 3 == 1;
                assertEquals(
                        (hers ? "ann" : "app") + " /" + i + " 0",
                        caller.get("/" + i, hers).body());
            }
        }
        assertEquals(1, app.accepted.size());
        assertEquals(1, ann.accepted.size());
        Until.holds("both servers see the end", () -> app.ended.get() == 1 && ann.ended.get() == 1);
    }

    @Test
    void bytesPassAsTheyAre() throws Exception {
        String head = "POST /odd?x-user=ann HTTP/1.1\r\nhOST:api\r\nX-User:  ann \r\nX-Empty:\r\n"
                + "X-Two: a\r\nx-two: b\r\nTransfer-Encoding: chunked\r\n\r\n";
        String body = "5;ext=\"1\"\r\nhello\r\nA\r\n0123456789\r\n";
        try (HttpCaller caller = call()) {
            caller.send(head + body + "0\r\nTrailer: yes\r\n\r\n");
            assertEquals("HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\nann /odd?x-user=ann 15", caller.response());
            caller.get("/chunked", true);
            assertEquals("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", caller.head());
            assertEquals(
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\ne;a=b\r\nann /chunked 0\r\n0\r\nX-Trailer: t\r\n\r\n",
                    caller.response());
        }
        assertEquals(head, ann.heads.getFirst());
        assertEquals("5;ext=\"1\"\r\nhello\r\nA\r\n0123456789\r\n0\r\nTrailer: yes\r\n\r\n", bodyWithLastChunk());
    }

    private String bodyWithLastChunk() {
        return ann.bodies.getFirst();
    }

    @Test
    void pipelinedRequestsAreAnsweredInOrder() throws Exception {
        StringBuilder requests = new StringBuilder();
        for (int i = 0; i < 30; i++) {
            requests.append("POST /").append(i).append(" HTTP/1.1\r\nHost: api\r\n");
            requests.append(i % 2 == 0 ? "X-User: ann\r\n" : "").append("Content-Length: 3\r\n\r\nabc");
        }
        try (HttpCaller caller = call()) {
            caller.send(requests.toString());
            for (int i = 0; i < 30; i++) {
                assertEquals((i % 2 == 0 ? "ann" : "app") + " /" + i + " 3", caller.body());
            }
        }
    }

    @Test
    void aRequestMayComeByteByByte() throws Exception {
        try (HttpCaller caller = call()) {
            caller.socket.setTcpNoDelay(true);
            for (int round = 0; round < 2; round++) {
                for (char c : "POST /a HTTP/1.1\r\nX-User: ann\r\nContent-Length: 4\r\n\r\nwxyz".toCharArray()) {
                    caller.send(String.valueOf(c));
                }
                assertEquals("ann /a 4", caller.body());
            }
        }
        assertEquals("wxyz", ann.bodies.getFirst());
    }

    @Test
    void aRequestLineThatComesSlowlyIsNoWayPastTheFilter() throws Exception {
        try (HttpCaller slow = call();
                HttpCaller silent = call()) {
            slow.send("GET /slow HT");
            Until.holds("the silent one is joined to the app", () -> app.accepted.size() == 1);
            assertEquals(
                    "ann /slow 0",
                    slow.send("TP/1.1\r\nHost: api\r\nX-User: ann\r\n\r\n").body());
            assertEquals("app /later 0", silent.get("/later", false).body());
        }
    }

    @Test
    void expectContinue() throws Exception {
        try (HttpCaller caller = call()) {
            caller.send("PUT /c HTTP/1.1\r\nX-User: ann\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
            assertEquals("HTTP/1.1 100 Continue\r\n\r\n", caller.head());
            assertEquals("ann /c 2", caller.send("ok").body());
            assertEquals("app /d 0", caller.get("/d", false).body());
        }
    }

    @Test
    void responsesWithoutBody() throws Exception {
        try (HttpCaller caller = call()) {
            for (boolean hers : List.of(true, false, true)) {
                caller.send("HEAD /h HTTP/1.1\r\n" + (hers ? "X-User: ann\r\n" : "") + "\r\n");
                assertTrue(caller.head().contains(hers ? "X-Place: ann" : "X-Place: app"));
                assertTrue(caller.get("/204", hers).head().startsWith("HTTP/1.1 204"));
                assertTrue(caller.get("/304", hers).head().startsWith("HTTP/1.1 304"));
                assertEquals(
                        (hers ? "ann" : "app") + " /x 0", caller.get("/x", hers).body());
            }
        }
    }

    @Test
    void theEndOfTheConnectionEndsABody() throws Exception {
        for (String path : List.of("/until-close", "/close")) {
            for (boolean hers : List.of(true, false)) {
                try (HttpCaller caller = call()) {
                    assertEquals("app /first 0", caller.get("/first", false).body());
                    String rest = caller.get(path, hers).rest();
                    assertTrue(rest.endsWith("\r\n\r\n" + (hers ? "ann " : "app ") + path + " 0"), rest);
                }
            }
        }
    }

    @Test
    void callersThatEnd() throws Exception {
        try (HttpCaller caller = call()) {
            caller.get("/a", true).get("/b", false);
            caller.socket.shutdownOutput();
            assertEquals("ann /a 0", caller.body());
            assertEquals("app /b 0", caller.body());
            assertEquals("", caller.rest());
        }
        try (HttpCaller caller = call()) {
            caller.send("GET /old HTTP/1.0\r\nX-User: ann\r\nConnection: close\r\n\r\n");
            assertTrue(caller.rest().endsWith("ann /old 0"));
        }
    }

    @Test
    void upgradedConnectionsAreBytes() throws Exception {
        for (boolean hers : List.of(true, false)) {
            try (HttpCaller caller = call()) {
                assertEquals("app /first 0", caller.get("/first", false).body());
                caller.send("GET /upgrade HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: echo\r\n"
                        + (hers ? "X-User: ann\r\n" : "") + "\r\n");
                assertTrue(caller.head().startsWith("HTTP/1.1 101"));
                assertEquals(hers ? "ann\n" : "app\n", caller.line());
                caller.send("GET / HTTP/1.1\r\nX-User: ann\r\n\r\n");
                assertEquals("GET / HTTP/1.1\r\nX-User: ann\r\n\r\n", caller.head());
                caller.socket.shutdownOutput();
                assertEquals("", caller.rest());
            }
        }
    }

    @Test
    void anOfferOfHttp2IsLeftOut() throws Exception {
        try (HttpCaller caller = call()) {
            caller.send("GET /u HTTP/1.1\r\nHost: api\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                    + "HTTP2-Settings: AAMAAABk\r\nAccept: */*\r\n\r\n");
            assertEquals("app /u 0", caller.body());
        }
        assertEquals(List.of("GET /u HTTP/1.1\r\nHost: api\r\nAccept: */*\r\n\r\n"), app.heads);
    }

    @Test
    void whatIsNotClearIsRefusedAfterTheFirstVerdict() throws Exception {
        for (String unclear : List.of(
                "POST /s HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "POST /s HTTP/1.1\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd",
                "POST /s HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
                "POST /s HTTP/1.1\r\nContent-Length: +4\r\n\r\nabcd",
                "GET /s HTTP/1.1\r\nX: a\r\n b\r\n\r\n",
                "GET /s HTTP/1.1\r\nX : a\r\n\r\n",
                "GET /s HTTP/1.1\nX: a\n\n",
                "GET /s HTTP/1.1\r\nX: a\rb\r\n\r\n",
                "GET /s s HTTP/1.1\r\n\r\n")) {
            try (HttpCaller caller = call()) {
                assertEquals("app /x 0", caller.get("/x", false).body());
                String answer = caller.send(unclear).rest();
                assertTrue(answer.startsWith("HTTP/1.1 400 "), unclear + answer);
            }
        }
        assertTrue(app.heads.stream().noneMatch(head -> head.contains("/s")));
    }

    @Test
    void beforeThatItGoesToTheAppAsItIs() throws Exception {
        try (HttpCaller caller = call()) {
            caller.send("GET /lf HTTP/1.1\nX-User: ann\nConnection: close\n\n");
            assertTrue(caller.rest().endsWith("app /lf 0"));
        }
        assertEquals("GET /lf HTTP/1.1\nX-User: ann\nConnection: close\n\n", app.heads.getFirst());
    }

    @Test
    void longHeads() throws Exception {
        String longest = "X-Long: " + "x".repeat(60_000) + "\r\n";
        try (HttpCaller caller = call()) {
            caller.send("GET /l HTTP/1.1\r\n" + longest + "X-User: ann\r\n\r\n");
            assertEquals("ann /l 0", caller.body());
            String answer = caller.send("GET /l HTTP/1.1\r\n" + longest + longest + "\r\n")
                    .rest();
            assertTrue(answer.startsWith("HTTP/1.1 431 "), answer);
        }
        try (HttpCaller caller = call()) {
            caller.send("GET /l HTTP/1.1\r\nX-User: ann\r\n" + longest + longest + "\r\n");
            assertEquals("app /l 0", caller.body());
        }
    }

    @Test
    void anUnclearResponseIsABadGateway() throws Exception {
        try (HttpCaller caller = call()) {
            assertTrue(caller.get("/two-lengths", true).rest().startsWith("HTTP/1.1 502 "));
        }
    }

    @Test
    void withoutTheLaptopTheAppAnswers() throws Exception {
        for (FakeLaptop.Mood mood : List.of(FakeLaptop.Mood.NOT_THERE, FakeLaptop.Mood.SILENT)) {
            rig.laptop.mood = mood;
            try (HttpCaller caller = call()) {
                caller.send("POST /f HTTP/1.1\r\nX-User: ann\r\nContent-Length: 3\r\n\r\nabc");
                assertEquals("app /f 3", caller.body());
                assertEquals("app /g 0", caller.get("/g", true).body());
            }
        }
        rig.laptop.mood = FakeLaptop.Mood.DIALS;
        ann.close();
        try (HttpCaller caller = call()) {
            assertEquals("app /h 0", caller.get("/h", true).body());
        }
    }

    @Test
    void aLaptopServerThatGaveUpAKeptConnectionIsCalledAgain() throws Exception {
        try (HttpCaller caller = call()) {
            assertEquals("ann /a 0", caller.get("/a", true).body());
            ann.accepted.getFirst().close();
            assertEquals("ann /b 0", caller.get("/b", true).body());
        }
    }

    @Test
    void anAppThatEndsAnIdleConnectionEndsTheCallers() throws Exception {
        try (HttpCaller caller = call()) {
            assertEquals("app /a 0", caller.get("/a", false).body());
            app.accepted.getFirst().close();
            assertEquals("", caller.rest());
        }
    }

    @Test
    void aCallerThatResetsResetsTheRequest() throws Exception {
        try (HttpCaller caller = call()) {
            caller.send("POST /r HTTP/1.1\r\nX-User: ann\r\nContent-Length: 10\r\n\r\nabc");
            Until.holds("it arrives", () -> !ann.heads.isEmpty());
            caller.socket.setSoLinger(true, 0);
        }
        Until.holds("the laptop's server sees it", () -> ann.ended.get() == 1);
        assertEquals(List.of(), app.heads);
    }

    @Test
    void anAppThatIsNotThereMeansReset() throws Exception {
        app.close();
        try (HttpCaller caller = call()) {
            caller.get("/x", false);
            assertThrows(IOException.class, caller::response);
        }
    }
}
