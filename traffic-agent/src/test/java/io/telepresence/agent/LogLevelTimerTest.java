package io.telepresence.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.telepresence.rpc.common.LogLevelRequest;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class LogLevelTimerTest {
    private final List<String> applied = new CopyOnWriteArrayList<>();

    @Test
    void aLevelForAWhileGoesBackToTheUsualOne() {
        LogLevelTimer levels = new LogLevelTimer("WARN", applied::add);
        levels.request(LogLevelRequest.newBuilder()
                .setLevel("TRACE")
                .setDurationSeconds(1)
                .build());
        Until.holds("back to usual", () -> applied.size() == 3);
        assertEquals(List.of("WARN", "TRACE", "WARN"), applied);
    }

    @Test
    void anEmptyLevelIsTheUsualOne() {
        LogLevelTimer levels = new LogLevelTimer("", applied::add);
        levels.request(LogLevelRequest.newBuilder().setLevel("DEBUG").build());
        levels.request(LogLevelRequest.getDefaultInstance());
        assertEquals(List.of("INFO", "DEBUG", "INFO"), applied);
    }
}
