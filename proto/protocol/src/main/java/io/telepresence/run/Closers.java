package io.telepresence.run;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A stack of things to close. What was added last is closed first; an error while closing one does not keep the others
 * open. Thread-safe; closing twice does nothing the second time. What is added after closing is closed at once.
 */
public final class Closers implements AutoCloseable {
    private final Deque<AutoCloseable> stack = new ArrayDeque<>();
    private boolean closed;

    /** Adds and returns {@code opened}, so that opening and adding is one expression. */
    public <T extends AutoCloseable> T add(T opened) {
        synchronized (this) {
            if (!closed) {
                stack.push(opened);
                return opened;
            }
        }
        closeLate(opened);
        return opened;
    }

    /** Closes everything after a failed start; errors while closing are added to {@code why} as suppressed. */
    public void closeAfter(Throwable why) {
        try {
            close();
        } catch (Exception | Error e) {
            suppress(why, e);
        }
    }

    @Override
    public void close() throws Exception {
        Throwable first = null;
        for (AutoCloseable next = pop(); next != null; next = pop()) {
            try {
                next.close();
            } catch (Exception | Error e) {
                if (first == null) {
                    first = e;
                } else {
                    suppress(first, e);
                }
            }
        }
        if (first instanceof Error error) {
            throw error;
        }
        if (first != null) {
            throw (Exception) first;
        }
    }

    private static void suppress(Throwable first, Throwable later) {
        if (first != later) {
            first.addSuppressed(later);
        }
    }

    private synchronized AutoCloseable pop() {
        closed = true;
        return stack.poll();
    }

    private static void closeLate(AutoCloseable opened) {
        try {
            opened.close();
        } catch (Exception e) {
            throw new IllegalStateException("closing what was opened too late", e);
        }
    }
}
