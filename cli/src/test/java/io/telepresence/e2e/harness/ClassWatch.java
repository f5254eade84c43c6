package io.telepresence.e2e.harness;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.junit.jupiter.api.extension.TestWatcher;
import org.opentest4j.TestAbortedException;

/**
 * Around every end-to-end class, registered for all of them (profile e2e): when it begins, nothing of the product runs on
 * the laptop, and a class that leaves something there has failed. Tells where the class's time went, and keeps what is seen
 * when something fails. Its own callbacks come before and after those of all others.
 */
public final class ClassWatch
        implements BeforeAllCallback,
                AfterAllCallback,
                BeforeEachCallback,
                AfterEachCallback,
                TestExecutionExceptionHandler,
                LifecycleMethodExecutionExceptionHandler,
                TestWatcher {
    /** For daemons that were told to quit, on a busy machine. */
    private static final Duration ENDED = Duration.ofSeconds(45);

    /** Which cluster, in names of files. */
    public static final String LABEL = System.getProperty("e2e.label", "cluster");

    /** Of the class that runs: one comes after the other. */
    private ClassClock clock = new ClassClock();

    private Evidence evidence = new Evidence("none");

    @Override
    public void beforeAll(ExtensionContext context) {
        clock = new ClassClock();
        evidence = new Evidence(name(context));
        // Of a run before this one: no class of this one has left it.
        Daemons.everywhere().kill();
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        clock.testBegins();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        clock.testEnds();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        try {
            context.getExecutionException().ifPresent(cause -> classFailed(context, cause));
            nothingStays(context);
        } finally {
            ClassTimes times = clock.times(name(context));
            System.out.println(times.sentence());
            times.writeTo(Project.root().resolve("target/e2e/times-" + LABEL + ".tsv"));
        }
    }

    /** For the next class: also where this one has failed. */
    private void nothingStays(ExtensionContext context) {
        Account.closeAll();
        Daemons all = Daemons.everywhere();
        for (Laptop laptop : Laptop.both()) {
            if (!Daemons.of(laptop).list().isEmpty()) {
                laptop.telepresence("quit", "-s");
            }
        }
        try {
            Shell.await("nothing of " + name(context) + " runs on the laptop", ENDED, () -> all.list()
                    .isEmpty());
        } catch (AssertionError e) {
            AssertionError left = new AssertionError(e.getMessage() + "; left:\n" + all.words(), e);
            classFailed(context, left);
            throw left;
        } finally {
            all.kill();
        }
    }

    private void classFailed(ExtensionContext context, Throwable cause) {
        if (!(cause instanceof TestAbortedException)) {
            clock.testFailed();
        }
        seen(context, cause);
    }

    @Override
    public void testFailed(ExtensionContext context, Throwable cause) {
        clock.testFailed();
    }

    @Override
    public void testAborted(ExtensionContext context, Throwable cause) {
        clock.testSkipped();
    }

    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable cause) throws Throwable {
        throw seen(context, cause);
    }

    @Override
    public void handleBeforeAllMethodExecutionException(ExtensionContext context, Throwable cause) throws Throwable {
        throw seen(context, cause);
    }

    @Override
    public void handleBeforeEachMethodExecutionException(ExtensionContext context, Throwable cause) throws Throwable {
        throw seen(context, cause);
    }

    @Override
    public void handleAfterEachMethodExecutionException(ExtensionContext context, Throwable cause) throws Throwable {
        throw seen(context, cause);
    }

    @Override
    public void handleAfterAllMethodExecutionException(ExtensionContext context, Throwable cause) throws Throwable {
        throw seen(context, cause);
    }

    private Throwable seen(ExtensionContext context, Throwable cause) {
        if (!(cause instanceof TestAbortedException)) {
            evidence.collect(context.getTestMethod().map(m -> m.getName()).orElse("class"), cause);
        }
        return cause;
    }

    private static String name(ExtensionContext context) {
        return context.getRequiredTestClass().getSimpleName();
    }

    /** What is seen when something fails, in a folder of the class; of the first few failures only. */
    private static final class Evidence {
        private static final int MOST = 3;
        private final String className;
        /** Also of the class before: what keeps all of them from beginning is seen once. */
        private static Throwable last;

        private int collected;

        Evidence(String className) {
            this.className = className;
        }

        void collect(String test, Throwable cause) {
            // The same one passes by again on its way out of the class.
            if (cause == last || collected == MOST) {
                return;
            }
            last = cause;
            collected++;
            Path folder = Project.root().resolve("target/e2e/failed/" + className + "-" + LABEL);
            Evidence.script(folder.resolve(test));
            System.out.println("FAILED: " + className + "." + test + "; what was seen there: " + folder);
        }

        private static void script(Path folder) {
            Result result = Shell.run(
                    java.util.Map.of(),
                    Duration.ofMinutes(3),
                    Shell.join(
                            java.util.List.of(
                                    Project.root()
                                            .resolve("scripts/lib/test/collect")
                                            .toString(),
                                    folder.toString()),
                            Laptop.homes()));
            if (result.exitCode() != 0) {
                System.out.println(result.describe());
            }
        }
    }
}
