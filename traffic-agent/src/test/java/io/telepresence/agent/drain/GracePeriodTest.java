package io.telepresence.agent.drain;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two seconds before the kubelet kills, the agent begins to end. */
class GracePeriodTest {
    private final FakePauses time = new FakePauses();

    private static Duration seconds(long seconds) {
        return Duration.ofSeconds(seconds);
    }

    private void isBy(long seconds, GracePeriod grace) {
        assertEquals(seconds(seconds), Duration.ofNanos(grace.deadlineNanos()));
    }

    private GracePeriod begun(long written, long ago) {
        GracePeriod grace = new GracePeriod(seconds(written), time);
        time.pause(seconds(1000));
        grace.begin(seconds(ago));
        return grace;
    }

    @Test
    void whatThePodSaysCounts() {
        isBy(1000 + 118, begun(120, 0));
        isBy(2000 + 28, begun(0, 0));
    }

    @Test
    void aNativeSidecarHearsLate() {
        isBy(1000 + 78, begun(120, 40));
        isBy(2000 - 2, begun(120, 120));
    }

    @Test
    void aShortOneIsHalved() {
        isBy(1000 + 1, begun(2, 0));
    }

    @Test
    void theDeletionMayGrantOtherwise() {
        GracePeriod before = new GracePeriod(seconds(30), time);
        before.granted(seconds(300));
        before.begin(Duration.ZERO);
        isBy(298, before);

        GracePeriod after = new GracePeriod(seconds(30), time);
        after.begin(Duration.ZERO);
        time.pause(seconds(5));
        after.granted(seconds(300));
        isBy(298, after);
    }

    @Test
    void aSecondDeletionOnlyShortens() {
        GracePeriod grace = new GracePeriod(seconds(120), time);
        grace.begin(Duration.ZERO);
        grace.granted(seconds(120));
        time.pause(seconds(40));
        grace.granted(seconds(120));
        isBy(118, grace);
        grace.granted(seconds(10));
        isBy(48, grace);
        time.pause(seconds(5));
        grace.granted(seconds(10));
        isBy(48, grace);
        grace.granted(seconds(600));
        isBy(48, grace);
    }

    @Test
    void itBeginsOnce() {
        GracePeriod grace = begun(30, 0);
        time.pause(seconds(10));
        grace.begin(Duration.ZERO);
        isBy(1028, grace);
    }

    @Test
    void theMarkSaysWhenThePodBeganToEnd(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("ending");
        Instant made = Instant.parse("2026-01-01T00:00:00Z");
        EndingMark mark = new EndingMark(file, () -> made.plusSeconds(40));
        mark.clear();
        assertEquals(Duration.ZERO, mark.age());
        Files.createFile(file);
        Files.setLastModifiedTime(file, java.nio.file.attribute.FileTime.from(made));
        assertEquals(seconds(40), mark.age());
        assertEquals(Duration.ZERO, new EndingMark(file, () -> made.minusSeconds(1)).age());
        mark.clear();
        assertEquals(Duration.ZERO, mark.age());
    }
}
