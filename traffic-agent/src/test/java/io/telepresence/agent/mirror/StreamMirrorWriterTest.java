package io.telepresence.agent.mirror;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.telepresence.agent.report.TrafficReport;
import io.telepresence.tunnel.ResetReason;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One copy, event by event. The clock is the test's, but for the pause after which an answer counts as whole. */
@Timeout(60)
class StreamMirrorWriterTest {
    private static final String ID = "client:mirror";
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration LINGER = Duration.ofSeconds(60);
    private static final Duration EVER = LINGER.multipliedBy(3);
    private static final MirrorLimits LIMITS =
            new MirrorLimits(10_000, 20_000, 30_000, 5, 6, 4, Duration.ofMillis(1), LINGER);
    private static final String REQUEST = "GET / HTTP/1.1\r\n\r\n";
    private static final String ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private final MirrorBudget budget = new MirrorBudget(LIMITS);
    private final TrafficReport report = new TrafficReport();
    private final List<ByteBuf> given = new ArrayList<>();
    private StreamMirrorWriter copy;
    private FakeMirrorFlow flow;

    private void open(boolean request) {
        copy = new StreamMirrorWriter(budget.enter(ID), LIMITS, report, request ? new AnswerWatch() : null);
        flow = new FakeMirrorFlow(copy);
        copy.through(flow, PATIENCE);
        flow.run();
    }

    private void data(String text) {
        ByteBuf bytes = Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
        given.add(bytes);
        copy.data(bytes);
        flow.run();
    }

    private void event(String name) {
        switch (name) {
            case "opened" -> flow.farOpened();
            case "data" -> data(REQUEST);
            case "end" -> copy.end();
            case "cut" -> copy.cut();
            case "answer" -> flow.farData(ANSWER);
            case "half" -> flow.farData("HTTP/1.1 200 OK\r\n");
            case "finished" -> flow.farFinished();
            case "reset" -> flow.farReset();
            case "stalled" -> flow.writable = false;
            case "writable" -> flow.nowWritable();
            default -> throw new AssertionError(name);
        }
        flow.run();
    }

    private void nothingIsLeft(String after) {
        assertEquals(0, budget.bytes(), () -> "bytes after " + after);
        assertEquals(0, budget.flows(), () -> "copies after " + after);
        assertEquals(0, budget.engagements(), () -> "engagements after " + after);
        given.forEach(data -> assertEquals(0, data.refCnt(), () -> "a buffer is kept after " + after));
    }

    /** Every order of these, each of both kinds of copy. */
    static Stream<List<String>> orders() {
        List<List<String>> all = new ArrayList<>();
        for (String last : List.of("end", "cut")) {
            all.addAll(permutations(List.of("opened", "data", last, "finished")));
            all.addAll(permutations(List.of("opened", "data", last, "answer")));
            all.addAll(permutations(List.of("opened", "data", last, "half")));
            all.addAll(permutations(List.of("opened", "data", last, "stalled")));
            all.addAll(permutations(List.of("opened", "data", last, "reset")));
        }
        all.addAll(permutations(List.of("opened", "data", "end", "cut", "answer")));
        all.addAll(permutations(List.of("data", "end", "stalled", "writable")).stream()
                .map(order -> Stream.concat(Stream.of("opened"), order.stream()).toList())
                .toList());
        return all.stream();
    }

    private static List<List<String>> permutations(List<String> of) {
        if (of.isEmpty()) {
            return List.of(List.of());
        }
        List<List<String>> all = new ArrayList<>();
        for (String first : of) {
            List<String> rest = new ArrayList<>(of);
            rest.remove(first);
            permutations(rest)
                    .forEach(order -> all.add(
                            Stream.concat(Stream.of(first), order.stream()).toList()));
        }
        return all;
    }

    @ParameterizedTest
    @MethodSource("orders")
    void inWhateverOrderThingsHappenTheCopyEnds(List<String> order) {
        for (boolean request : List.of(true, false)) {
            open(request);
            // What a laptop says before it has dialled is nothing that the tunnel lets through.
            order.stream()
                    .filter(e -> order.indexOf(e) > order.indexOf("opened") || !e.matches("answer|half|finished"))
                    .forEach(this::event);
            // A timer may start another one.
            for (int i = 0; i < 5; i++) {
                flow.pass(EVER);
            }
            assertTrue(flow.closed, () -> "the flow is open after " + order);
            nothingIsLeft(order.toString());
        }
    }

    /** A task that the loop refuses, wherever the copy is: the budget must not wait for a flow of which nothing is heard. */
    @ParameterizedTest
    @ValueSource(strings = {"", "opened", "data", "opened data", "opened stalled data", "opened stalled data data"})
    void aLoopThatHasEndedKeepsNothing(String before) {
        int copies = 0;
        for (String last : List.of("end", "cut")) {
            open(true);
            for (String event : before.isEmpty() ? new String[0] : before.split(" ")) {
                event(event);
            }
            flow.loopEnds();
            ByteBuf late = Unpooled.copiedBuffer(REQUEST, StandardCharsets.US_ASCII);
            given.add(late);
            copy.data(late);
            if (last.equals("end")) {
                copy.end();
            } else {
                copy.cut();
            }
            nothingIsLeft(before + ", then the loop ended");
            copies++;
            assertEquals(copies, report.take().counts().getFirst().dropped(), "each is counted once");
        }
    }

    @Test
    void aCopyThatNobodyCanBeginGivesItsPlaceBack() {
        copy = new StreamMirrorWriter(budget.enter(ID), LIMITS, report, null);
        flow = new FakeMirrorFlow(copy);
        flow.loopEnds();
        copy.through(flow, PATIENCE);
        nothingIsLeft("a loop that had ended before");
    }

    @Test
    void theLaptopGetsEverythingBeforeTheEnd() {
        open(false);
        data("one ");
        event("opened");
        data("two ");
        event("stalled");
        data("three ");
        data("four");
        copy.end();
        flow.run();
        event("writable");
        assertEquals("one two three four", flow.written.toString());
        assertTrue(flow.finished);
        flow.farFinished();
        assertTrue(flow.closed);
        assertEquals(
                List.of(new TrafficReport.Count(ID, 1, 0, 0)), report.take().counts());
    }

    @Test
    void aRequestWaitsForItsAnswerAlthoughTheCallerGoesAfterwards() {
        open(true);
        event("opened");
        event("data");
        event("end");
        event("cut");
        assertFalse(flow.finished, "a caller that has gone after its request broke nothing off");
        flow.farData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no");
        assertFalse(flow.finished);
        flow.farData("k");
        assertTrue(flow.finished);
    }

    @Test
    void cutBeforeTheLaptopHasTakenWhatWaitsStillWaitsForTheAnswer() {
        open(true);
        event("data");
        event("end");
        event("cut");
        event("opened");
        assertEquals(REQUEST, flow.written.toString());
        assertFalse(flow.finished);
    }

    @Test
    void whatBrokeOffIsFinishedAtOnce() {
        open(true);
        event("opened");
        event("data");
        event("cut");
        assertTrue(flow.finished);
        assertEquals(REQUEST, flow.written.toString());
    }

    @Test
    void aLaptopThatIsTooSlowIsCutAndCountedOnce() {
        open(false);
        event("opened");
        event("stalled");
        for (int i = 0; i < 20; i++) {
            data("x".repeat(1000));
        }
        assertEquals(ResetReason.ABORTED, flow.resetByUs);
        copy.end();
        flow.run();
        nothingIsLeft("it was too slow");
        assertEquals(
                List.of(new TrafficReport.Count(ID, 1, 1, 0)), report.take().counts());
    }

    @Test
    void aLaptopThatDoesNotDialIsGivenUpAfterTheBoundAndNotBefore() {
        open(true);
        data(REQUEST);
        copy.end();
        flow.pass(PATIENCE.minusMillis(1));
        assertNull(flow.resetByUs);
        flow.pass(Duration.ofMillis(1));
        assertEquals(ResetReason.ABORTED, flow.resetByUs);
        nothingIsLeft("nobody dialled");
        assertEquals(
                List.of(new TrafficReport.Count(ID, 0, 1, 0)), report.take().counts());
    }

    @Test
    void aServerThatDoesNotAnswerIsWaitedForAsLongAsAllowed() {
        open(true);
        event("opened");
        event("data");
        event("end");
        flow.pass(LINGER.minusMillis(1));
        assertFalse(flow.finished);
        flow.pass(Duration.ofMillis(1));
        assertTrue(flow.finished);
        assertFalse(flow.closed, "it may end by itself now");
        flow.pass(LINGER);
        assertTrue(flow.closed);
        assertEquals(
                List.of(new TrafficReport.Count(ID, 1, 0, 0)), report.take().counts(), "nothing of it was lost");
    }

    @Test
    void aResetThatLosesNothingIsNotCounted() {
        open(false);
        event("opened");
        event("data");
        event("writable");
        flow.farReset();
        data("later");
        nothingIsLeft("the laptop reset");
        assertEquals(
                List.of(new TrafficReport.Count(ID, 1, 1, 0)), report.take().counts(), "but what came later is");
    }
}
