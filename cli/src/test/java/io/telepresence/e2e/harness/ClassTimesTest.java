package io.telepresence.e2e.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassTimesTest {
    private static final ClassTimes TIMES = new ClassTimes(
            "CrashIT",
            new ClassTimes.Counts(11, 1, 2),
            90_000_000_000L,
            10_040_000_000L,
            50_000_000_000L,
            20_000_000_000L,
            35);

    @Test
    void aFileHasOneHeadAndARowForEachClass(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("new/times.tsv");
        TIMES.writeTo(file);
        TIMES.writeTo(file);
        String row = "CrashIT\t11\t1\t2\t90.0\t10.0\t50.0\t30.0\t20.0\t35\n";
        assertEquals(ClassTimes.HEAD + "\n" + row + row, Files.readString(file));
    }

    @Test
    void aSentenceOfAClass() {
        assertEquals(
                "CrashIT: 11 tests, 1 failed, 2 skipped in 90.0 s: set-up 10.0, waiting 50.0, work 30.0;"
                        + " processors busy to 35 %",
                TIMES.sentence());
    }

    @Test
    void waitingForTheDiskIsNotBusy() {
        var before = ClassTimes.Processors.read("cpu  100 0 50 800 50 0 0 0 0 0");
        var after = ClassTimes.Processors.read("cpu  160 10 70 880 70 5 5 0 60 10");
        assertEquals(new ClassTimes.Processors(150, 1000), before);
        assertEquals(50, after.percentSince(before));
        assertEquals(0, after.percentSince(after));
    }

    @Test
    void whatIsBegunWhileWaitingCountsAsWaiting() {
        Stopwatch outer = new Stopwatch();
        Stopwatch inner = new Stopwatch();
        assertEquals("done", outer.time(() -> inner.time(() -> "done")));
        assertEquals(0, inner.nanos());
        inner.time(() -> "");
        assertEquals(true, inner.nanos() > 0 && outer.nanos() > 0);
    }
}
