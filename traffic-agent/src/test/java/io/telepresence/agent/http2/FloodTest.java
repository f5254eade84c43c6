package io.telepresence.agent.http2;

import static io.telepresence.agent.http2.RawCaller.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.agent.route.PortRoutes;
import io.telepresence.run.Threads;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A caller that opens what it can, acknowledges nothing, and ends nothing. */
@Timeout(60)
class FloodTest {
    private FakeGrpcServer app;
    private ProxyFixture rig;

    @BeforeEach
    void open() throws Exception {
        app = new FakeGrpcServer("app");
        rig = new ProxyFixture(app.port(), Http2Handler::new);
        rig.rules = PortRoutes.of(List.of(ProxyFixture.taker("x-user", "me", app.port())));
    }

    /** Whatever one caller has done, another is served. */
    @AfterEach
    void close() throws Exception {
        try (RawCaller other = RawCaller.open(rig.port())) {
            other.get(1).awaitAnswer(1);
        }
        rig.close();
        app.close();
    }

    private static void awaitRefusal(RawCaller caller, int stream) throws IOException {
        assertEquals(REFUSED_STREAM, caller.await(f -> f.is(RST_STREAM, stream)).number());
    }

    /** Says that it speaks HTTP/2, and then nothing: whatever comes stays open. */
    private static void serveNothing(ServerSocket server) {
        try (Socket caller = server.accept()) {
            caller.getOutputStream().write(new byte[] {0, 0, 0, SETTINGS, 0, 0, 0, 0, 0});
            byte[] buffer = new byte[64 << 10];
            int more = 0;
            while (more >= 0) {
                more = caller.getInputStream().read(buffer);
            }
        } catch (IOException e) {
            // The test is over.
        }
    }

    @Test
    void moreStreamsThanAnnouncedAreRefusedBeforeAnythingIsAcknowledged() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Threads.virtual("mute-app", () -> serveNothing(server));
            ProxyFixture mute = new ProxyFixture(server.getLocalPort(), Http2Handler::new);
            mute.rules = PortRoutes.of(List.of(ProxyFixture.taker("x-user", "me", app.port())));
            try (RawCaller caller = RawCaller.open(mute.port())) {
                for (int i = 0; i < 5_000; i++) {
                    caller.post(2 * i + 1);
                }
                awaitRefusal(caller, 2 * 5_000 - 1);
            }
            mute.close();
        }
    }

    @Test
    void headsThatAreSmallOnTheWireOnlyAreCounted() throws Exception {
        try (RawCaller caller = RawCaller.open(rig.port())) {
            ByteArrayOutputStream first = new ByteArrayOutputStream();
            first.writeBytes(request("POST"));
            first.write(0x40); // a literal that is indexed from now on (RFC 7541, section 6.2.1)
            first.writeBytes(java.util.Arrays.copyOfRange(
                    fields("x-big", "v".repeat(3_900)), 1, fields("x-big", "v".repeat(3_900)).length));
            caller.frame(HEADERS, END_HEADERS, 1, first.toByteArray());
            ByteArrayOutputStream next = new ByteArrayOutputStream();
            next.writeBytes(request("POST"));
            for (int i = 0; i < 15; i++) {
                next.write(0x80 | 62);
            }
            for (int i = 1; i < 100; i++) {
                caller.frame(HEADERS, END_HEADERS, 2 * i + 1, next.toByteArray());
            }
            awaitRefusal(caller, 2 * 99 + 1);
        }
    }

    @Test
    void theBudgetIsOneConnectionsAndAllOfThem() {
        HeadBudget budget = new HeadBudget(10, 15);
        HeadBudget.Share one = budget.share();
        HeadBudget.Share two = budget.share();
        assertTrue(one.take(10));
        assertFalse(one.take(1));
        assertTrue(two.take(5));
        assertFalse(two.take(1));
        one.give(10);
        assertTrue(two.take(5));
    }
}
