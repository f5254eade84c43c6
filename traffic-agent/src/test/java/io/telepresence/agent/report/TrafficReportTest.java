package io.telepresence.agent.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TrafficReportTest {
    private final TrafficReport reporter = new TrafficReport();

    @Test
    void countsAreToldAlwaysAndVerdictsOnce() {
        reporter.engaged(Set.of("a"));
        reporter.delivered("a");
        reporter.failedOpen("a");
        see("/1");
        TrafficReport.Batch first = reporter.take();
        assertEquals(List.of(new TrafficReport.Count("a", 1, 0, 1)), first.counts());
        assertEquals(List.of("/1"), paths(first));
        reporter.told(first);
        reporter.dropped("a");
        TrafficReport.Batch second = reporter.take();
        assertEquals(List.of(new TrafficReport.Count("a", 1, 1, 1)), second.counts());
        assertEquals(List.of(), second.seen());
    }

    @Test
    void whatWasNotToldComesAgainBeforeWhatIsNewer() {
        see("/1");
        see("/2");
        TrafficReport.Batch lost = reporter.take();
        see("/3");
        reporter.putBack(lost);
        assertEquals(List.of("/1", "/2", "/3"), paths(reporter.take()));
    }

    @Test
    void onlyTheLastFiftyAreKept() {
        for (int i = 0; i < 60; i++) {
            see("/" + i);
        }
        TrafficReport.Batch lost = reporter.take();
        assertEquals(50, lost.seen().size());
        assertEquals("/10", paths(lost).getFirst());
        see("/new");
        reporter.putBack(lost);
        List<String> again = paths(reporter.take());
        assertEquals(50, again.size());
        assertEquals("/11", again.getFirst());
        assertEquals("/new", again.getLast());
    }

    @Test
    void engagementsThatAreGoneAreToldOnceMore() {
        reporter.engaged(Set.of("a", "b"));
        reporter.delivered("a");
        reporter.delivered("b");
        reporter.engaged(Set.of("b"));
        TrafficReport.Batch lost = reporter.take();
        reporter.putBack(lost);
        TrafficReport.Batch last = reporter.take();
        assertEquals(2, last.counts().size());
        reporter.told(last);
        assertEquals(
                List.of(new TrafficReport.Count("b", 1, 0, 0)), reporter.take().counts());
    }

    @Test
    void anIdThatComesAgainBeginsAtZero() {
        reporter.engaged(Set.of("a"));
        reporter.delivered("a");
        reporter.delivered("a");
        reporter.engaged(Set.of());
        reporter.dropped("a");
        reporter.engaged(Set.of("a"));
        assertEquals(List.of(), reporter.take().counts());
        reporter.delivered("a");
        assertEquals(
                List.of(new TrafficReport.Count("a", 1, 0, 0)), reporter.take().counts());
    }

    @Test
    void longPathsAreShortened() {
        see("/" + "x".repeat(60_000));
        assertEquals(1025, paths(reporter.take()).getFirst().length());
    }

    private void see(String path) {
        reporter.verdict(new RequestVerdict(8080, "GET", path, "", List.of(), false));
    }

    private static List<String> paths(TrafficReport.Batch batch) {
        return batch.seen().stream().map(seen -> seen.verdict().path()).toList();
    }
}
