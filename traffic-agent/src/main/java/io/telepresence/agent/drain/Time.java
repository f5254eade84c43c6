package io.telepresence.agent.drain;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** The time that a drain goes by. */
public interface Time {
    /** That of this machine. */
    Time REAL = new Time() {
        @Override
        public long nanos() {
            return System.nanoTime();
        }

        @Override
        public void pause(Duration length) {
            LockSupport.parkNanos(length.toNanos());
        }
    };

    /** As {@link System#nanoTime}. */
    long nanos();

    /** Blocks for about that long, or shorter. */
    void pause(Duration length);
}
