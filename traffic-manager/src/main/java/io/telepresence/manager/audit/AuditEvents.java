package io.telepresence.manager.audit;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.telepresence.agree.AgentNames;
import io.telepresence.manager.cluster.KubernetesWorkload;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.run.MonotonicTime;
import io.telepresence.run.Threads;
import io.telepresence.text.Printable;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells of engagements by events of their workload: at most one each minute of one user, workload and reason. Best
 * effort: what the API server does not take, or comes too fast, is left out. One thread writes.
 */
public final class AuditEvents implements Audit, AutoCloseable {
    static final Duration APART = Duration.ofMinutes(1);
    static final int MOST_REMEMBERED = 4096;
    static final int MOST_WAITING = 256;

    private static final Logger LOG = LoggerFactory.getLogger(AuditEvents.class);
    private static final String REPORTER = "telepresence.io/traffic-manager";

    /** The API server refuses a longer one. */
    private static final int LONGEST_MESSAGE = 1000;

    private static final int LONGEST_NAME = 200;

    private final Workloads workloads;
    private final String pod;
    private final Consumer<Event> cluster;
    private final InstantSource time;

    /** When the last one was, the oldest first. */
    private final Map<Same, Instant> last = new LinkedHashMap<>();

    private final BlockingQueue<Waiting> queue = new ArrayBlockingQueue<>(MOST_WAITING);
    private Thread writer;
    private volatile boolean closed;

    private record Same(String user, String namespace, String workload, String reason) {}

    private record Waiting(AuditEntry entry, String reason) {}

    private AuditEvents(Workloads workloads, String pod, Consumer<Event> cluster, InstantSource time) {
        this.workloads = workloads;
        this.pod = pod;
        this.cluster = cluster;
        this.time = time;
    }

    /** @param pod name of the manager's own */
    public static AuditEvents open(KubernetesClient client, Workloads workloads, String pod) {
        return open(workloads, pod, event -> client.resource(event).create(), MonotonicTime.start());
    }

    /**
     * @param cluster creates an event; blocks
     * @param time that nobody sets back
     */
    static AuditEvents open(Workloads workloads, String pod, Consumer<Event> cluster, InstantSource time) {
        AuditEvents events = new AuditEvents(workloads, pod, cluster, time);
        events.writer = Threads.virtual("audit-events", events::write);
        return events;
    }

    @Override
    public void record(AuditEntry entry) {
        String reason = reason(entry);
        Instant now = time.instant();
        if (!reason.isEmpty() && !entry.subject().workload().isEmpty() && due(entry, reason, now)) {
            queue.offer(new Waiting(entry, reason));
        }
    }

    @Override
    public void close() {
        closed = true;
        writer.interrupt();
    }

    /** Empty: no event tells of it. */
    private static String reason(AuditEntry entry) {
        return switch (entry.verb()) {
            case ATTACH ->
                switch (entry.result()) {
                    case AuditEntry.OK -> "Engaged";
                    case AuditEntry.REFUSED -> "EngagementRefused";
                    default -> "";
                };
            case DETACH -> "Left";
            case CONNECT, DISCONNECT, LOGS, UNINSTALL, REVOKE -> "";
        };
    }

    private boolean due(AuditEntry entry, String reason, Instant now) {
        AuditEntry.Subject subject = entry.subject();
        Same same = new Same(who(entry), subject.namespace(), subject.workload(), reason);
        synchronized (last) {
            Iterator<Instant> oldest = last.values().iterator();
            while (oldest.hasNext() && !now.isBefore(oldest.next().plus(APART))) {
                oldest.remove();
            }
            return last.size() < MOST_REMEMBERED && last.putIfAbsent(same, now) == null;
        }
    }

    private static String who(AuditEntry entry) {
        AuditEntry.Who who = entry.who();
        return who.user().isEmpty() ? who.client() : who.user() + " (" + who.client() + ")";
    }

    private void write() {
        try {
            while (!closed) {
                write(queue.take());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void write(Waiting waiting) {
        try {
            workload(waiting.entry().subject()).ifPresent(workload -> cluster.accept(event(waiting, workload)));
        } catch (KubernetesClientException e) {
            LOG.debug("an event was not taken: {}", e.getMessage());
        } catch (RuntimeException e) {
            if (!closed) {
                LOG.warn("an event was not written", e);
            }
        }
    }

    /** Only of one that is there: its UID is in the event. */
    private Optional<KubernetesWorkload> workload(AuditEntry.Subject subject) {
        return subject.workloadKind().isEmpty()
                ? workloads.in(subject.namespace()).stream()
                        .filter(w -> w.ref().name().equals(subject.workload()))
                        .findFirst()
                : workloads.get(new WorkloadRef(subject.workloadKind(), subject.namespace(), subject.workload()));
    }

    private Event event(Waiting waiting, KubernetesWorkload workload) {
        WorkloadRef ref = workload.ref();
        String when = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        String name = ref.name().substring(0, Math.min(ref.name().length(), LONGEST_NAME));
        return new EventBuilder()
                .withNewMetadata()
                .withName(name + "."
                        + Long.toHexString(ThreadLocalRandom.current().nextLong()))
                .withNamespace(ref.namespace())
                .endMetadata()
                .withNewInvolvedObject()
                .withApiVersion(ref.batch() ? "batch/v1" : "apps/v1")
                .withKind(ref.kind())
                .withNamespace(ref.namespace())
                .withName(ref.name())
                .withUid(workload.uid())
                .endInvolvedObject()
                .withType("Normal")
                .withReason(waiting.reason())
                .withMessage(message(waiting.entry()))
                .withNewSource()
                .withComponent(AgentNames.MANAGER_APP)
                .endSource()
                .withReportingComponent(REPORTER)
                .withReportingInstance(pod)
                .withFirstTimestamp(when)
                .withLastTimestamp(when)
                .withCount(1)
                .build();
    }

    private static String message(AuditEntry entry) {
        String how = entry.result().equals(AuditEntry.OK) ? "" : " " + entry.result();
        String why = entry.reason().isEmpty() ? "" : ": " + entry.reason();
        String message = Printable.line(entry.subject().kind() + " of " + who(entry) + how + why);
        return message.length() <= LONGEST_MESSAGE ? message : message.substring(0, LONGEST_MESSAGE) + "…";
    }
}
