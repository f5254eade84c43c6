package io.telepresence.manager.audit;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.run.MonotonicTime;
import io.telepresence.run.Threads;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
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

    private final WorkloadEvents events;
    private final Consumer<Event> cluster;
    private final InstantSource time;

    /** When the last one was, the oldest first. */
    private final Map<Same, Instant> last = new LinkedHashMap<>();

    private final BlockingQueue<Waiting> queue = new ArrayBlockingQueue<>(MOST_WAITING);
    private Thread writer;
    private volatile boolean closed;

    private record Same(String user, String namespace, String workload, String reason) {}

    private record Waiting(AuditEntry entry, String reason) {}

    private AuditEvents(WorkloadEvents events, Consumer<Event> cluster, InstantSource time) {
        this.events = events;
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
        AuditEvents events = new AuditEvents(new WorkloadEvents(workloads, pod), cluster, time);
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
        Same same = new Same(WorkloadEvents.who(entry), subject.namespace(), subject.workload(), reason);
        synchronized (last) {
            Iterator<Instant> oldest = last.values().iterator();
            while (oldest.hasNext() && !now.isBefore(oldest.next().plus(APART))) {
                oldest.remove();
            }
            return last.size() < MOST_REMEMBERED && last.putIfAbsent(same, now) == null;
        }
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
            events.of(waiting.entry(), waiting.reason()).ifPresent(cluster);
        } catch (KubernetesClientException e) {
            LOG.debug("an event was not taken: {}", e.getMessage());
        } catch (RuntimeException e) {
            if (!closed) {
                LOG.warn("an event was not written", e);
            }
        }
    }
}
