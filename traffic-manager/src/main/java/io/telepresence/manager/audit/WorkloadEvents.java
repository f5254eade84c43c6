package io.telepresence.manager.audit;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.telepresence.agree.AgentNames;
import io.telepresence.manager.cluster.KubernetesWorkload;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.text.Printable;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * An entry as an event of the core API.
 *
 * @param pod name of the manager's own
 */
record WorkloadEvents(Workloads workloads, String pod) {
    private static final String REPORTER = "telepresence.io/traffic-manager";

    /** The API server refuses a longer one. */
    private static final int LONGEST_MESSAGE = 1000;

    private static final int LONGEST_NAME = 200;

    /** Empty: there is no such workload. */
    Optional<Event> of(AuditEntry entry, String reason) {
        return workload(entry.subject()).map(workload -> event(entry, reason, workload));
    }

    static String who(AuditEntry entry) {
        AuditEntry.Who who = entry.who();
        return who.user().isEmpty() ? who.client() : who.user() + " (" + who.client() + ")";
    }

    /** Only of one that is there: its UID is in the event. */
    private Optional<KubernetesWorkload> workload(AuditEntry.Subject subject) {
        return subject.workloadKind().isEmpty()
                ? workloads.in(subject.namespace()).stream()
                        .filter(w -> w.ref().name().equals(subject.workload()))
                        .findFirst()
                : workloads.get(new WorkloadRef(subject.workloadKind(), subject.namespace(), subject.workload()));
    }

    private Event event(AuditEntry entry, String reason, KubernetesWorkload workload) {
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
                .withReason(reason)
                .withMessage(message(entry))
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
