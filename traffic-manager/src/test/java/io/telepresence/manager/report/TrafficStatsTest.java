package io.telepresence.manager.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.EngagementOptions;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.engagement.TrafficCount;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.lifecycle.CreateEngagement;
import io.telepresence.manager.lifecycle.CreateEngagementBench;
import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.SessionIds;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TrafficStatsTest {
    private static final String ID = "0123456789abcdef".repeat(2) + ":tap";
    private static final WorkloadRef ECHO = new WorkloadRef("Deployment", "default", "echo");
    private final CreateEngagementBench bench = new CreateEngagementBench();
    private final TrafficStats stats = new TrafficStats(bench.engagements, bench.sessions);
    private final AgentSession first = agent("1", ECHO);
    private final AgentSession second = agent("2", ECHO);
    private final AgentSession stranger = agent("3", new WorkloadRef("Deployment", "default", "other"));
    private String id;

    private ClientSession ann;

    @BeforeEach
    void engage() throws Exception {
        ann = bench.sessions
                .arrive(new ClientSession.Client("ann", "ann", "default", ""), "")
                .session();
        tap();
        id = bench.engagements.find(ann, "tap").orElseThrow().id();
        assertEquals(ID, id);
    }

    private void tap() throws Exception {
        bench.createEngagement.restore(
                ann,
                new EngagementSpec(
                        EngagementKind.WIRETAP,
                        "tap",
                        "default",
                        "echo",
                        "",
                        "",
                        "",
                        "127.0.0.1",
                        List.of(),
                        EngagementOptions.NONE),
                new CreateEngagement.Before(ID, "10.0.0.1", ""));
    }

    @AfterEach
    void close() throws Exception {
        bench.close();
    }

    @Test
    void allAgentsCountTogetherAlsoWhenOneStartsAnew() throws Exception {
        stats.report(first, Map.of(id, new TrafficCount(5, 1, 0)), List.of());
        stats.report(second, Map.of(id, new TrafficCount(2, 0, 0)), List.of());
        stats.report(first, Map.of(id, new TrafficCount(7, 1, 0)), List.of());
        assertEquals(new TrafficCount(9, 1, 0), stats.count(id).orElseThrow());
        stats.report(first, Map.of(id, new TrafficCount(1, 0, 0)), List.of());
        assertEquals(new TrafficCount(10, 1, 0), stats.count(id).orElseThrow(), "its container was restarted");
        bench.sessions.depart(SessionIds.of(second));
        assertEquals(new TrafficCount(10, 1, 0), stats.count(id).orElseThrow(), "what a pod did stays done");
    }

    @Test
    void othersCannotCountAndWhatHasEndedIsForgotten() throws Exception {
        stats.report(stranger, Map.of(id, new TrafficCount(5, 1, 0)), List.of());
        assertTrue(stats.count(id).isEmpty());
        stats.report(first, Map.of("nobody:x", new TrafficCount(5, 1, 0), id, new TrafficCount(1, 0, 0)), List.of());
        assertEquals(Set.of(id), stats.counts().keySet());
        bench.engagements.remove(id);
        stats.report(first, Map.of(), List.of());
        assertEquals(Map.of(), stats.counts());
    }

    @Test
    void oneThatComesAgainBeginsAtZero() throws Exception {
        stats.report(first, Map.of(id, new TrafficCount(5, 1, 0)), List.of());
        bench.engagements.remove(id);
        tap();
        assertTrue(stats.count(id).isEmpty());
        stats.report(first, Map.of(id, new TrafficCount(1, 0, 0)), List.of());
        assertEquals(new TrafficCount(1, 0, 0), stats.count(id).orElseThrow());
    }

    @Test
    void watchersHearOfChangesOnly() throws Exception {
        List<String> heard = new ArrayList<>();
        stats.watch(() -> heard.add("changed"));
        stats.report(first, Map.of(id, new TrafficCount(5, 1, 0)), List.of());
        stats.report(first, Map.of(id, new TrafficCount(5, 1, 0)), List.of());
        assertEquals(List.of("changed"), heard);
    }

    @Test
    void verdictsAreMergedByTimeAndBounded() throws Exception {
        stats.report(first, Map.of(), List.of(verdict(1), verdict(3)));
        stats.report(second, Map.of(), List.of(verdict(2), verdict(4)));
        assertEquals(List.of(2L, 3L, 4L), times(3));
        stats.report(
                first,
                Map.of(),
                IntStream.range(10, 500).mapToObj(TrafficStatsTest::verdict).toList());
        assertEquals(202, times(1000).size());
        bench.sessions.depart(SessionIds.of(first));
        assertEquals(List.of(2L, 4L), times(1000));
    }

    private List<Long> times(int most) {
        return stats.recent(ECHO, most).stream()
                .map(TrafficStats.Verdict::timeMillis)
                .toList();
    }

    private static TrafficStats.Verdict verdict(long time) {
        return new TrafficStats.Verdict(time, "pod", 8080, "GET", "/", "", List.of(), false);
    }

    private AgentSession agent(String name, WorkloadRef workload) {
        return bench.sessions
                .arrive(
                        new AgentSession.Agent(
                                name, "uid-" + name, "10.0.0." + name, workload, "v", Set.of(), Set.of()),
                        "")
                .session();
    }
}
