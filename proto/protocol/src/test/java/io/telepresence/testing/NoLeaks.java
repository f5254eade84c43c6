package io.telepresence.testing;

import static org.junit.jupiter.api.Assertions.fail;

import io.telepresence.run.Threads;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Around every class of unit tests, registered for all of them: a thread of {@link Threads} that the class has started has
 * to end with it. Its own callbacks come before and after those of all others.
 */
public final class NoLeaks implements BeforeAllCallback, AfterAllCallback {
    /** For threads that were told to end, on a busy machine. */
    private static final Duration ENDED = Duration.ofSeconds(15);

    private static final ExtensionContext.Namespace HERE = ExtensionContext.Namespace.create(NoLeaks.class);

    @Override
    public void beforeAll(ExtensionContext context) {
        context.getStore(HERE).put("before", Threads.alive());
    }

    @Override
    public void afterAll(ExtensionContext context) {
        Set<?> before = context.getStore(HERE).get("before", Set.class);
        long end = System.nanoTime() + ENDED.toNanos();
        Set<Thread> left = left(before);
        while (!left.isEmpty() && System.nanoTime() - end < 0) {
            LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
            left = left(before);
        }
        if (!left.isEmpty()) {
            Set<String> names = new TreeSet<>();
            left.forEach(thread -> names.add(thread.getName()));
            fail(context.getRequiredTestClass().getName() + " has left threads: " + names);
        }
    }

    private static Set<Thread> left(Set<?> before) {
        Set<Thread> left = new HashSet<>(Threads.alive());
        left.removeAll(before);
        return left;
    }
}
