package io.telepresence.manager.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.telepresence.manager.audit.AuditEntry.Subject;
import io.telepresence.manager.audit.AuditEntry.Verb;
import io.telepresence.manager.audit.AuditEntry.Who;
import io.telepresence.manager.cluster.FakeCluster;
import io.telepresence.testing.FakeTime;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class AuditEventsTest {
    private static final Subject ECHO = new Subject("default", "Deployment", "echo", "intercept", "0:echo");
    private static final Who ANN = new Who("ann", "u", "ann@laptop");

    private final FakeCluster cluster = new FakeCluster();
    private final FakeTime time = new FakeTime();
    private final BlockingQueue<Event> created = new LinkedBlockingQueue<>();
    private AuditEvents events;

    @BeforeEach
    void open() {
        cluster.addEcho();
        events = open(created::add);
    }

    private AuditEvents open(Consumer<Event> sink) {
        return AuditEvents.open(cluster.workloads(), "traffic-manager-1", sink, time);
    }

    @AfterEach
    void close() {
        events.close();
    }

    private static AuditEntry entry(Verb verb, Who who, Subject subject, String result) {
        return new AuditEntry(verb, who, subject, result, "");
    }

    private Event next() throws InterruptedException {
        return created.poll(10, TimeUnit.SECONDS);
    }

    /** Whatever waits before it would come first. */
    private void assertNoMore() throws InterruptedException {
        Who last = new Who("last" + created.hashCode() + time.now(), "", "");
        events.record(entry(Verb.ATTACH, last, ECHO, "ok"));
        assertTrue(next().getMessage().contains(last.user()));
    }

    @Test
    void anEventIsOfItsWorkload() throws Exception {
        events.record(new AuditEntry(Verb.ATTACH, ANN, ECHO, "refused", "policy \"a\"\u202e forbids it"));
        Event event = next();
        assertEquals("default", event.getMetadata().getNamespace());
        assertTrue(event.getMetadata().getName().startsWith("echo."));
        assertEquals("apps/v1", event.getInvolvedObject().getApiVersion());
        assertEquals("Deployment", event.getInvolvedObject().getKind());
        assertEquals("d-echo", event.getInvolvedObject().getUid());
        assertEquals("Normal", event.getType());
        assertEquals("EngagementRefused", event.getReason());
        assertEquals("intercept of ann (ann@laptop) refused: policy \"a\"\\u202e forbids it", event.getMessage());
        assertEquals("telepresence.io/traffic-manager", event.getReportingComponent());
        assertEquals("traffic-manager-1", event.getReportingInstance());
    }

    @Test
    void oneAMinuteOfOneUserWorkloadAndReason() throws Exception {
        cluster.add("{apiVersion: apps/v1, kind: Deployment, metadata: {name: shop}, spec: {template: {spec:"
                + " {containers: [{name: a}]}}}}");
        for (int i = 0; i < 3; i++) {
            events.record(entry(Verb.ATTACH, ANN, ECHO, "ok"));
        }
        assertEquals("Engaged", next().getReason());
        events.record(entry(Verb.DETACH, ANN, ECHO, "left"));
        assertEquals("Left", next().getReason());
        events.record(entry(Verb.ATTACH, ANN, ECHO, "refused"));
        assertEquals("EngagementRefused", next().getReason());
        events.record(entry(Verb.ATTACH, new Who("bob", "", "bob@desk"), ECHO, "ok"));
        assertEquals("intercept of bob (bob@desk)", next().getMessage());
        events.record(entry(Verb.ATTACH, ANN, new Subject("default", "", "shop", "wiretap", "x"), "ok"));
        assertEquals("uid-shop", next().getInvolvedObject().getUid());
        time.advance(AuditEvents.APART.minusMillis(1));
        events.record(entry(Verb.ATTACH, ANN, ECHO, "ok"));
        assertNoMore();
        time.advance(Duration.ofMillis(1));
        events.record(entry(Verb.ATTACH, ANN, ECHO, "ok"));
        assertEquals("intercept of ann (ann@laptop)", next().getMessage());
    }

    @Test
    void otherDeedsAndUnknownWorkloadsHaveNone() throws Exception {
        for (Verb verb : new Verb[] {Verb.CONNECT, Verb.DISCONNECT, Verb.LOGS, Verb.UNINSTALL, Verb.REVOKE}) {
            events.record(entry(verb, ANN, ECHO, "ok"));
        }
        events.record(entry(Verb.ATTACH, ANN, ECHO, "failed"));
        events.record(entry(Verb.ATTACH, ANN, Subject.NONE, "ok"));
        events.record(entry(Verb.ATTACH, ANN, new Subject("default", "Deployment", "none", "", ""), "ok"));
        events.record(entry(Verb.ATTACH, ANN, new Subject("other", "", "echo", "", ""), "ok"));
        assertNoMore();
    }

    /** However many there are, memory is bounded, and nobody waits. */
    @Test
    void tooManyAreLeftOut() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        events.close();
        events = open(event -> {
            begun.countDown();
            try {
                goOn.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            created.add(event);
        });
        events.record(entry(Verb.ATTACH, ANN, ECHO, "ok"));
        begun.await();
        for (int i = 0; i < 2 * AuditEvents.MOST_REMEMBERED; i++) {
            events.record(entry(Verb.ATTACH, new Who("user-" + i, "", ""), ECHO, "ok"));
        }
        goOn.countDown();
        for (int i = 0; i < 1 + AuditEvents.MOST_WAITING; i++) {
            assertTrue(next() != null);
        }
        events.record(entry(Verb.ATTACH, new Who("another", "", ""), ECHO, "ok"));
        time.advance(AuditEvents.APART);
        events.record(entry(Verb.ATTACH, new Who("later", "", ""), ECHO, "ok"));
        assertEquals("intercept of later ()", next().getMessage());
    }

    @Test
    void whatTheApiServerRefusesKeepsNothingBack() throws Exception {
        events.close();
        events = open(event -> {
            if (event.getMessage().contains("ann")) {
                throw new KubernetesClientException("forbidden");
            }
            created.add(event);
        });
        events.record(entry(Verb.ATTACH, ANN, ECHO, "ok"));
        assertNoMore();
    }
}
