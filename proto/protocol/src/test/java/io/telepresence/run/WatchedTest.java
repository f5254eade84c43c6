package io.telepresence.run;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A watcher knows the value at every moment, and hears of each change once. */
@Timeout(30)
class WatchedTest {
    private final Watched<Integer> value = new Watched<>(0);

    @Test
    void theValueOfNowComesFirstAndThenEachChange() throws Exception {
        value.set(1);
        List<Integer> heard = new ArrayList<>();
        try (AutoCloseable watch = value.watch(heard::add)) {
            value.set(2);
            value.set(2);
            assertEquals(3, value.update(n -> n + 1), watch::toString);
            value.update(n -> n);
        }
        value.set(4);
        assertEquals(List.of(1, 2, 3), heard, "an equal value is no change, and nobody hears after the end");
    }

    @Test
    void eachOfSeveralHears() throws Exception {
        List<Integer> one = new ArrayList<>();
        List<Integer> other = new ArrayList<>();
        try (AutoCloseable first = value.watch(one::add)) {
            try (AutoCloseable second = value.watch(other::add)) {
                value.set(1);
                assertEquals(one, other, () -> first + " " + second);
            }
            value.set(2);
        }
        assertEquals(List.of(0, 1, 2), one);
        assertEquals(List.of(0, 1), other);
    }

    @Test
    void whoEndsItsWatchWhenItHearsDisturbsNobody() {
        List<Integer> heard = new ArrayList<>();
        List<AutoCloseable> own = new ArrayList<>();
        own.add(value.watch(n -> {
            if (n == 1) {
                close(own.getFirst());
            }
        }));
        value.watch(heard::add);
        value.set(1);
        value.set(2);
        assertEquals(List.of(0, 1, 2), heard);
    }

    @Test
    void noChangeIsLostOrHeardOutOfOrderWhenManyMakeThem() throws Exception {
        int writers = 4;
        int each = 500;
        List<Integer> heard = new CopyOnWriteArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < writers; i++) {
            threads.add(Thread.ofVirtual().start(() -> {
                for (int n = 0; n < each; n++) {
                    value.update(now -> now + 1);
                }
            }));
        }
        try (AutoCloseable watch = value.watch(heard::add)) {
            for (Thread thread : threads) {
                thread.join();
            }
            int first = heard.getFirst();
            assertEquals(
                    IntStream.rangeClosed(first, writers * each).boxed().toList(),
                    heard,
                    () -> "whenever it began: " + watch);
        }
    }

    private static void close(AutoCloseable watch) {
        try {
            watch.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
