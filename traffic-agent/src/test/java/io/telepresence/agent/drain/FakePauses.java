package io.telepresence.agent.drain;

import io.telepresence.testing.FakeTime;
import java.time.Duration;

/** Time that passes only while somebody pauses; what is to happen at a moment happens then. */
final class FakePauses implements Time {
    private final FakeTime time = new FakeTime();

    FakePauses at(Duration moment, Runnable then) {
        time.at(moment, then);
        return this;
    }

    Duration now() {
        return time.now();
    }

    @Override
    public long nanos() {
        return time.getAsLong();
    }

    @Override
    public void pause(Duration length) {
        time.advance(length);
    }
}
