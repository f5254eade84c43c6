package io.telepresence.manager.rollout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetBuilder;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The texts are those of Kubernetes 1.20 and 1.36. */
class PodHitchesTest {
    private static Optional<PodHitch> unscheduled(String message) {
        Pod pod = new PodBuilder()
                .withNewMetadata()
                .withName("web-1")
                .endMetadata()
                .withNewStatus()
                .addNewCondition()
                .withType("PodScheduled")
                .withStatus("False")
                .withReason("Unschedulable")
                .withMessage(message)
                .endCondition()
                .endStatus()
                .build();
        return PodHitches.unscheduled(pod);
    }

    private static Optional<PodHitch> failure(String message) {
        return PodHitches.failure(new ReplicaSetBuilder()
                .withNewMetadata()
                .withName("web-abc")
                .endMetadata()
                .withNewStatus()
                .addNewCondition()
                .withType("ReplicaFailure")
                .withStatus("True")
                .withReason("FailedCreate")
                .withMessage(message)
                .endCondition()
                .endStatus()
                .build());
    }

    @Test
    void whatTheOldPodOccupiesMayBecomeFree() {
        for (String message : new String[] {
            "0/1 nodes are available: 1 Insufficient memory.",
            "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.",
            "0/1 nodes are available: 1 node(s) didn't match pod affinity/anti-affinity, 1 node(s) didn't match pod"
                    + " anti-affinity rules.",
            "0/1 nodes are available: 1 node has pod using PersistentVolumeClaim with the same name and"
                    + " ReadWriteOncePod access mode."
        }) {
            assertEquals(
                    Optional.of(new PodHitch("pod web-1 is not scheduled: " + message, true, false)),
                    unscheduled(message));
        }
    }

    @Test
    void whereNoNodeSuitsItNothingIsTakenAway() {
        String message = "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.";
        assertEquals(
                Optional.of(new PodHitch("pod web-1 is not scheduled: " + message, false, false)),
                unscheduled(message));
    }

    @Test
    void aQuotaIsRoomAndARefusalIsNot() {
        String quota =
                "pods \"web-abc-x\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1";
        assertEquals(
                Optional.of(new PodHitch("ReplicaSet web-abc: FailedCreate: " + quota, true, true)), failure(quota));
        String security = "pods \"web-abc-x\" is forbidden: violates PodSecurity \"restricted:latest\"";
        assertEquals(
                Optional.of(new PodHitch("ReplicaSet web-abc: FailedCreate: " + security, false, true)),
                failure(security));
    }

    @Test
    void whatALimitRangeOrAQuotaWantsIsToldToBeSet() {
        for (String message : List.of(
                "pods \"x\" is forbidden: maximum memory usage per Container is 128Mi, but limit is 192Mi",
                "pods \"x\" is forbidden: minimum cpu usage per Container is 50m, but request is 10m",
                "pods \"x\" is forbidden: memory max limit to request ratio per Container is 2, but provided ratio is 3",
                "pods \"x\" is forbidden: failed quota: q: must specify limits.cpu",
                "pods \"x\" is forbidden: failed quota: q: must specify limits.cpu for: traffic-agent",
                "exceeded quota: q, requested: limits.memory=256Mi, used: limits.memory=64Mi, limited: limits.memory=128Mi")) {
            assertTrue(failure(message).orElseThrow().share(), message);
        }
        assertFalse(failure("exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1")
                .orElseThrow()
                .share());
    }
}
