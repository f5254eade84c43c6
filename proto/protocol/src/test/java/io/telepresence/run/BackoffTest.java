package io.telepresence.run;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Tries become rarer, never rarer than said, and not all at the same moment. */
class BackoffTest {
    private static void between(long least, Duration wait) {
        long most = least + least / 5;
        assertTrue(
                wait.toMillis() >= least && wait.toMillis() <= most,
                () -> wait.toMillis() + " ms, not " + least + " to " + most);
    }

    @RepeatedTest(20)
    void eachWaitIsTwiceTheOneBeforeUpToTheMost() {
        Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofMillis(500));
        for (long least : new long[] {100, 200, 400, 500, 500, 500}) {
            between(least, backoff.next());
        }
    }

    @RepeatedTest(20)
    void afterASuccessItIsShortAgain() {
        Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));
        between(100, backoff.next());
        between(200, backoff.next());
        backoff.reset();
        between(100, backoff.next());
        between(200, backoff.next());
    }

    @Test
    void manyThatLoseTheSamePeerDoNotComeBackTogether() {
        long different = java.util.stream.Stream.generate(
                        () -> new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(9)))
                .limit(100)
                .map(Backoff::next)
                .distinct()
                .count();
        assertTrue(different > 10, () -> different + " different waits of 100");
    }
}
