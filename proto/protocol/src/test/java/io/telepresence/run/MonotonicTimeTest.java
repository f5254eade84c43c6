package io.telepresence.run;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class MonotonicTimeTest {
    @Test
    void onlyWhatHasPassedCounts() {
        Instant start = Instant.parse("2026-01-01T00:00:00Z");
        AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
        MonotonicTime time = new MonotonicTime(start, nanos::get);
        assertEquals(start, time.instant());
        nanos.addAndGet(2_000_000_000L);
        assertEquals(start.plusSeconds(2), time.instant(), "also where the counter overflows");
    }
}
