package io.telepresence.e2e.harness;

/** Measures a test class while it runs; each method is called when what it names happens. */
public final class ClassClock {
    private final ClassTimes.Processors processors = ClassTimes.Processors.now();
    private final long began = System.nanoTime();
    private long testsBegan;
    private long testsEnded;
    private long waiting;
    private long commands;
    private long waitedBefore;
    private long commandsBefore;
    private int tests;
    private int failed;
    private int skipped;

    public void testBegins() {
        testsBegan = testsBegan == 0 ? System.nanoTime() : testsBegan;
        waitedBefore = Stopwatch.WAITING.nanos();
        commandsBefore = Stopwatch.COMMANDS.nanos();
    }

    public void testEnds() {
        tests++;
        testsEnded = System.nanoTime();
        waiting += Stopwatch.WAITING.nanos() - waitedBefore;
        commands += Stopwatch.COMMANDS.nanos() - commandsBefore;
    }

    public void testFailed() {
        failed++;
    }

    public void testSkipped() {
        skipped++;
    }

    /** Of the class, which ends now; without any test all was set-up. */
    public ClassTimes times(String name) {
        long total = System.nanoTime() - began;
        return new ClassTimes(
                name,
                new ClassTimes.Counts(tests, failed, skipped),
                total,
                total - (testsEnded - testsBegan),
                waiting,
                commands,
                ClassTimes.Processors.now().percentSince(processors));
    }
}
