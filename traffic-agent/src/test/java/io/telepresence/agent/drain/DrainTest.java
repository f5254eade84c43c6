package io.telepresence.agent.drain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.agent.drain.Drain.Outcome;
import io.telepresence.agree.Transport;
import io.telepresence.engagement.Port;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** The rule alone: what the application listens on, what is open, and what time it is, are said by the test. */
class DrainTest {
    private final FakePauses time = new FakePauses();
    private final Set<Port> listening = new HashSet<>();
    private final AtomicReference<Duration> closed = new AtomicReference<>();
    private Duration deadline = seconds(118);

    private static Duration seconds(double seconds) {
        return Duration.ofMillis((long) (seconds * 1000));
    }

    private final class FakePort implements Drain.DrainedPort {
        final Port app;
        boolean replaced;
        boolean engaged;
        long last = -seconds(600).toNanos();
        int open;
        Duration stopped;

        FakePort(Transport transport, int number) {
            app = new Port(transport, number);
        }

        @Override
        public Port app() {
            return app;
        }

        @Override
        public boolean replaced() {
            return replaced;
        }

        @Override
        public boolean engaged() {
            return engaged;
        }

        @Override
        public long lastNewNanos() {
            return last;
        }

        @Override
        public int open() {
            return open;
        }

        @Override
        public void stopAccepting() {
            assertEquals(null, stopped, "once");
            stopped = time.now();
        }
    }

    private FakePort tcp(int number) {
        return new FakePort(Transport.TCP, number);
    }

    private FakePort listened(FakePort port, double until) {
        listening.add(port.app);
        time.at(seconds(until), () -> listening.remove(port.app));
        return port;
    }

    private Outcome drain(FakePort... ports) {
        Drain drain = new Drain(Arrays.asList(ports), this::listening, time, () -> closed.set(time.now()));
        return drain.await(() -> deadline.toNanos());
    }

    private Set<Port> listening(List<Port> asked) {
        Set<Port> found = new HashSet<>(listening);
        found.retainAll(asked);
        return found;
    }

    private void isAbout(double seconds, Duration moment) {
        Duration late = moment.minus(seconds(seconds));
        assertTrue(!late.isNegative() && late.compareTo(seconds(0.25)) <= 0, () -> moment + ", not " + seconds + " s");
    }

    @Test
    void itAcceptsAsLongAsTheApplicationDoes() {
        FakePort port = listened(tcp(8080), 60);
        assertEquals(Outcome.DRAINED, drain(port));
        isAbout(60, port.stopped);
        isAbout(60, closed.get());
        isAbout(60, time.now());
    }

    @Test
    void eachPortStopsWithItsOwn() {
        FakePort metrics = listened(tcp(9090), 3);
        FakePort port = listened(tcp(8080), 20);
        drain(metrics, port);
        isAbout(3, metrics.stopped);
        isAbout(20, port.stopped);
        isAbout(20, closed.get());
    }

    @Test
    void aPortThatWasNeverOpenIsNotWaitedFor() {
        assertEquals(Outcome.DRAINED, drain(tcp(8080)));
        assertEquals(Duration.ZERO, time.now());
    }

    @Test
    void withoutPortsItEndsAtOnce() {
        assertEquals(Outcome.DRAINED, drain());
        assertEquals(Duration.ZERO, closed.get());
    }

    @Test
    void connectionsThatAreOpenAreWaitedFor() {
        FakePort port = listened(tcp(8080), 5);
        port.open = 1;
        time.at(seconds(90), () -> port.open = 0);
        assertEquals(Outcome.DRAINED, drain(port));
        isAbout(5, port.stopped);
        isAbout(90, time.now());
    }

    @Test
    void theDeadlineEndsBoth() {
        FakePort accepting = listened(tcp(8080), 600);
        assertEquals(Outcome.OUT_OF_TIME, drain(accepting));
        isAbout(118, time.now());
        isAbout(118, closed.get());
        FakePort open = tcp(8081);
        open.open = 1;
        deadline = seconds(130);
        assertEquals(Outcome.OUT_OF_TIME, drain(open));
        isAbout(130, time.now());
    }

    @Test
    void aShorterGracePeriodCountsFromWhenItIsKnown() {
        FakePort port = listened(tcp(8080), 600);
        time.at(seconds(10), () -> deadline = seconds(12));
        assertEquals(Outcome.OUT_OF_TIME, drain(port));
        isAbout(12, time.now());
    }

    /** Callers come until they have heard that the pod ends. */
    @Test
    void anEngagedPortAcceptsUntilNobodyComesAnyMore() {
        FakePort port = tcp(8080);
        port.engaged = true;
        for (int i = 1; i < 8; i++) {
            time.at(seconds(0.9 * i), () -> port.last = time.nanos());
        }
        drain(port);
        isAbout(0.9 * 7 + 1, port.stopped);
    }

    @Test
    void ofAReplacedContainerTheAgentsOwnSocketIsNotTheApplications() {
        FakePort port = tcp(8080);
        port.replaced = true;
        port.engaged = true;
        port.open = 1;
        listening.add(port.app);
        time.at(seconds(40), () -> port.open = 0);
        assertEquals(Outcome.DRAINED, drain(port));
        isAbout(3, port.stopped);
        isAbout(40, time.now());
    }

    @Test
    void aReplacedPortThatNobodyTakesEndsAtOnce() {
        FakePort port = tcp(8080);
        port.replaced = true;
        listening.add(port.app);
        drain(port);
        assertEquals(Duration.ZERO, port.stopped);
    }

    @Test
    void datagramsReachTheApplicationAsLongAsItHasItsSocket() {
        FakePort port = listened(new FakePort(Transport.UDP, 53), 15);
        drain(port);
        isAbout(15, time.now());
    }
}
