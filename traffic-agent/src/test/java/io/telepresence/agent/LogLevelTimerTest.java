package io.telepresence.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class LogLevelTimerTest {
    private final List<String> applied = new CopyOnWriteArrayList<>();

    @Test
    void aLevelForAWhileGoesBackToTheUsualOne() {
        LogLevelTimer levels = new LogLevelTimer("WARN", applied::add);
        levels.request("TRACE", 1);
        Until.holds("back to usual", () -> applied.size() == 3);
        assertEquals(List.of("WARN", "TRACE", "WARN"), applied);
    }

    @Test
    void anEmptyLevelIsTheUsualOne() {
        LogLevelTimer levels = new LogLevelTimer("", applied::add);
        levels.request("DEBUG", 0);
        levels.request("", 0);
        assertEquals(List.of("INFO", "DEBUG", "INFO"), applied);
    }
}
