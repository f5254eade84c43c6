package io.telepresence.manager.readiness;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.telepresence.manager.watch.FakeApiServer;
import io.telepresence.testing.FakeTime;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** However many wait in a namespace, its events are read once at a time. */
@Timeout(20)
class KubernetesEventsTest {
    private final FakeTime time = new FakeTime();
    private FakeApiServer api;
    private KubernetesEvents events;

    @BeforeEach
    void open() throws Exception {
        api = FakeApiServer.open();
        api.with(
                "/api/v1/namespaces/default/events",
                """
                {"kind": "EventList", "apiVersion": "v1", "metadata": {}, "items": [
                  {"kind": "Event", "apiVersion": "v1", "metadata": {"name": "old", "namespace": "default"},
                   "involvedObject": {"kind": "ReplicaSet", "name": "echo-1", "uid": "r"},
                   "reason": "FailedCreate", "message": "old", "lastTimestamp": "%s"},
                  {"kind": "Event", "apiVersion": "v1", "metadata": {"name": "new", "namespace": "default"},
                   "involvedObject": {"kind": "ReplicaSet", "name": "echo-1", "uid": "r"},
                   "reason": "FailedCreate", "message": "new", "lastTimestamp": "%s"}]}
                """
                        .formatted(
                                time.instant().minus(Duration.ofMinutes(30)),
                                time.instant().minusSeconds(1)));
        events = new KubernetesEvents(api.client(), time);
    }

    @AfterEach
    void close() {
        api.close();
    }

    private List<String> messages(Duration age) {
        return events.since(time.instant().minus(age)).warnings("default").stream()
                .map(PodProblems.Event::message)
                .toList();
    }

    @Test
    void manyWhoWaitReadOnce() {
        for (int i = 0; i < 10; i++) {
            assertEquals(List.of("new"), messages(Duration.ofSeconds(5)));
            assertEquals(List.of("old", "new"), messages(Duration.ofHours(1)));
        }
        assertEquals(1, api.asked().size(), () -> api.asked().toString());
    }

    @Test
    void afterAMomentTheyAreReadAgain() {
        messages(Duration.ofHours(1));
        time.advance(KubernetesEvents.FRESH);
        messages(Duration.ofHours(1));
        assertEquals(2, api.asked().size(), () -> api.asked().toString());
    }
}
