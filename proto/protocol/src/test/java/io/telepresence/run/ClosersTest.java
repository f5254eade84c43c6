package io.telepresence.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Everything that was opened is closed once, whatever happens on the way. */
@Timeout(30)
class ClosersTest {
    private final Closers closers = new Closers();
    private final List<String> closed = new CopyOnWriteArrayList<>();

    private void add(String name) {
        closers.add(() -> closed.add(name));
    }

    private <E extends Throwable> E fails(String name, E how) {
        closers.add(() -> {
            closed.add(name);
            if (how instanceof Error error) {
                throw error;
            }
            throw (Exception) how;
        });
        return how;
    }

    @Test
    void theLastIsClosedFirstAndNothingTwice() throws Exception {
        add("a");
        add("b");
        add("c");
        closers.close();
        closers.close();
        assertEquals(List.of("c", "b", "a"), closed);
    }

    @Test
    void anExceptionOfOneDoesNotKeepTheOthersOpen() {
        add("a");
        IOException second = fails("b", new IOException("second"));
        IOException first = fails("c", new IOException("first"));
        assertSame(first, assertThrows(IOException.class, closers::close));
        assertArrayEquals(new Throwable[] {second}, first.getSuppressed());
        assertEquals(List.of("c", "b", "a"), closed);
    }

    @Test
    void anErrorOfOneDoesNotKeepTheOthersOpenEither() {
        add("a");
        IOException second = fails("b", new IOException("second"));
        AssertionError first = fails("c", new AssertionError("first"));
        assertSame(first, assertThrows(AssertionError.class, closers::close));
        assertArrayEquals(new Throwable[] {second}, first.getSuppressed());
        assertEquals(List.of("c", "b", "a"), closed);
    }

    @Test
    void afterAFailedStartItIsTheStartThatFailed() {
        add("a");
        AssertionError late = fails("b", new AssertionError("late"));
        IOException why = new IOException("why");
        closers.closeAfter(why);
        assertEquals(List.of("b", "a"), closed);
        assertArrayEquals(new Throwable[] {late}, why.getSuppressed());
    }

    @Test
    void whatComesTooLateIsClosedAtOnce() throws Exception {
        closers.close();
        add("late");
        assertEquals(List.of("late"), closed);
    }

    @Test
    void whatIsAddedWhileClosingIsClosedToo() throws Exception {
        closers.add(() -> add("late"));
        add("first");
        closers.close();
        assertEquals(List.of("first", "late"), closed);
    }

    @Test
    void whoeverAddsAndClosesAtTheSameTimeNothingStaysOpen() throws Exception {
        int adders = 4;
        int each = 500;
        CyclicBarrier together = new CyclicBarrier(adders + 2);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < adders; i++) {
            String name = "adder " + i + ", ";
            threads.add(Thread.ofVirtual().start(() -> {
                await(together);
                IntStream.range(0, each).forEach(n -> add(name + n));
            }));
        }
        for (int i = 0; i < 2; i++) {
            threads.add(Thread.ofVirtual().start(() -> {
                await(together);
                closers.closeAfter(new IOException("not read"));
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(adders * each, closed.size());
        assertEquals(adders * each, closed.stream().distinct().count());
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
