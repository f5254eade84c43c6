package io.telepresence.manager.rollout;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.telepresence.manager.cluster.Pods;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Finds out why the new pods of a workload do not come: from their state, their controller's, and events. Blocks. */
record PodHitches(KubernetesClient client) {
    /** Words of the scheduler, in all supported versions, for what the pod that is replaced may occupy. */
    private static final Set<String> OCCUPIED = Set.of(
            "insufficient", "too many pods", "free ports", "anti-affinity", "topology spread", "readwriteoncepod");

    /**
     * @param uids of the controllers that make the pods
     * @param newcomers those that have been made
     * @param since older events do not count
     */
    Optional<PodHitch> of(
            String namespace, List<ReplicaSet> sets, Set<String> uids, List<Pod> newcomers, Instant since) {
        Optional<PodHitch> seen = Stream.concat(
                        newcomers.stream().flatMap(pod -> unscheduled(pod).stream()),
                        sets.stream().flatMap(set -> failure(set).stream()))
                .findFirst();
        if (seen.isPresent()) {
            return seen;
        }
        boolean ofSets = sets.isEmpty() && newcomers.isEmpty();
        Stream<PodHitch> ofController = ofSets
                ? uids.stream()
                        .flatMap(uid -> events(namespace, uid, "FailedCreate", since))
                        .map(PodHitches::notMade)
                : Stream.empty();
        Stream<PodHitch> ofVolumes = newcomers.stream()
                .filter(PodHitches::waitsForVolumes)
                .flatMap(pod -> events(namespace, pod.getMetadata().getUid(), "FailedAttachVolume", since))
                .filter(event -> text(event).contains("Multi-Attach"))
                .map(event -> new PodHitch(text(event), true, false));
        return Stream.concat(ofController, ofVolumes).findFirst();
    }

    static Optional<PodHitch> unscheduled(Pod pod) {
        return conditions(pod).stream()
                .filter(c -> "PodScheduled".equals(c.getType())
                        && "False".equals(c.getStatus())
                        && "Unschedulable".equals(c.getReason()))
                .map(c -> new PodHitch(
                        "pod " + pod.getMetadata().getName() + " is not scheduled: " + c.getMessage(),
                        occupied(c.getMessage()),
                        false))
                .findFirst();
    }

    static Optional<PodHitch> failure(ReplicaSet set) {
        return set.getStatus() == null || set.getStatus().getConditions() == null
                ? Optional.empty()
                : set.getStatus().getConditions().stream()
                        .filter(c -> "ReplicaFailure".equals(c.getType())
                                && "True".equals(c.getStatus())
                                && "FailedCreate".equals(c.getReason()))
                        .map(c -> notMade(
                                "ReplicaSet " + set.getMetadata().getName() + ": FailedCreate: " + c.getMessage()))
                        .findFirst();
    }

    private static PodHitch notMade(Event event) {
        return notMade(text(event));
    }

    private static PodHitch notMade(String text) {
        return new PodHitch(text, text.contains("exceeded quota"), true);
    }

    private static boolean occupied(String message) {
        String lower = message == null ? "" : message.toLowerCase(Locale.ROOT);
        return OCCUPIED.stream().anyMatch(lower::contains);
    }

    private static boolean waitsForVolumes(Pod pod) {
        return !Pods.ready(pod)
                && pod.getSpec().getVolumes() != null
                && pod.getSpec().getVolumes().stream().anyMatch(v -> v.getPersistentVolumeClaim() != null);
    }

    private Stream<Event> events(String namespace, String uid, String reason, Instant since) {
        return client
                .v1()
                .events()
                .inNamespace(namespace)
                .withField("involvedObject.uid", uid)
                .withField("reason", reason)
                .list()
                .getItems()
                .stream()
                .filter(event -> !when(event).isBefore(since));
    }

    private static Instant when(Event event) {
        String time = event.getLastTimestamp() == null
                ? event.getMetadata().getCreationTimestamp()
                : event.getLastTimestamp();
        try {
            return OffsetDateTime.parse(time).toInstant();
        } catch (DateTimeException | NullPointerException e) {
            return Instant.MAX;
        }
    }

    private static String text(Event event) {
        return event.getInvolvedObject().getKind() + " "
                + event.getInvolvedObject().getName() + ": " + event.getReason() + ": " + event.getMessage();
    }

    private static List<PodCondition> conditions(Pod pod) {
        return pod.getStatus() == null || pod.getStatus().getConditions() == null
                ? List.of()
                : pod.getStatus().getConditions();
    }
}
