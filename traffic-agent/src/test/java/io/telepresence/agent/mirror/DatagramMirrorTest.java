package io.telepresence.agent.mirror;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.telepresence.agent.report.TrafficReport;
import io.telepresence.agent.route.ClientEndpoint;
import io.telepresence.tunnel.ResetReason;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Copies of one source's datagrams, event by event. */
class DatagramMirrorTest {
    private static final String ID = "client:mirror";
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final MirrorBudget budget = new MirrorBudget(MirrorLimits.DEFAULT);
    private final TrafficReport report = new TrafficReport();
    private final List<ByteBuf> given = new ArrayList<>();
    private DatagramMirror copy;
    private FakeMirrorFlow flow;

    @BeforeEach
    void open() {
        ClientEndpoint target = new ClientEndpoint(ID, "127.0.0.1", 53, false);
        copy = new DatagramMirror(target, budget.enter(ID), report);
        flow = new FakeMirrorFlow(copy);
        copy.through(flow, PATIENCE);
        flow.run();
    }

    @AfterEach
    void callersKeepTheirs() {
        for (ByteBuf data : given) {
            assertEquals(1, data.refCnt(), "the caller's, and nobody else's");
            data.release();
        }
    }

    private void send(String text) {
        ByteBuf data = Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
        given.add(data);
        copy.datagram(data);
        flow.run();
    }

    private void nothingIsLeft() {
        assertEquals(0, budget.bytes());
        assertEquals(0, budget.flows());
        assertEquals(0, budget.engagements());
    }

    private void counted(long delivered, long dropped) {
        assertEquals(
                List.of(new TrafficReport.Count(ID, delivered, dropped, 0)),
                report.take().counts());
    }

    @Test
    void theFirstOnesWaitForTheLaptop() {
        send("a");
        send("b");
        assertEquals("", flow.written.toString());
        flow.farOpened();
        send("c");
        assertEquals("abc", flow.written.toString());
        copy.close();
        nothingIsLeft();
        counted(3, 0);
    }

    @Test
    void tooManyAreDroppedOneByOne() {
        for (int i = 0; i < 100; i++) {
            send("x");
        }
        flow.farOpened();
        assertEquals(64, flow.written.length());
        copy.close();
        nothingIsLeft();
        counted(64, 36);
    }

    @Test
    void withoutCreditTheyWaitAndThenGo() {
        flow.farOpened();
        flow.writable = false;
        send("a");
        send("b");
        flow.nowWritable();
        assertEquals("ab", flow.written.toString());
        copy.close();
        nothingIsLeft();
    }

    @Test
    void afterAResetEverythingIsDroppedUntilItIsTimeToAskAgain() {
        flow.farOpened();
        flow.farReset();
        nothingIsLeft();
        send("x");
        counted(0, 1);
        assertFalse(copy.stale(System.nanoTime()));
        assertTrue(copy.stale(System.nanoTime() + Duration.ofSeconds(2).toNanos()));
    }

    @Test
    void aLaptopThatDoesNotDialIsGivenUpAndWhatWaitedIsCounted() {
        send("a");
        send("b");
        flow.pass(PATIENCE);
        assertEquals(ResetReason.TIMED_OUT, flow.resetByUs);
        nothingIsLeft();
        counted(0, 2);
    }

    @Test
    void aLaptopThatEndsItsDirectionEndsTheCopy() {
        flow.farOpened();
        send("a");
        flow.farFinished();
        assertTrue(flow.closed);
        nothingIsLeft();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aLoopThatHasEndedKeepsNothing(boolean opened) {
        if (opened) {
            flow.farOpened();
        }
        send("a");
        flow.loopEnds();
        send("b");
        copy.close();
        nothingIsLeft();
        send("c");
        copy.close();
        nothingIsLeft();
        counted(opened ? 1 : 0, opened ? 2 : 3);
    }
}
