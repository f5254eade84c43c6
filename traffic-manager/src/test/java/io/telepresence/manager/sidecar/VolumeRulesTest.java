package io.telepresence.manager.sidecar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.telepresence.agree.AgentNames;
import io.telepresence.manager.cluster.FakeCluster;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.sidecar.VolumeRules.Limits;
import io.telepresence.rpc.agent.AgentConfig;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What agents are told of volumes under rules. */
class VolumeRulesTest {
    private static final WorkloadRef ECHO = new WorkloadRef("Deployment", "default", "echo");

    /** The annotation grants all of it. */
    private static final Pod POD = FakeCluster.parse(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: echo, annotations:
               {telepresence.io/mount-policies: '{"/": "Remote", "keys": "Remote", "scratch": "Local"}'}}, spec: {
             volumes: [{name: keys, secret: {secretName: keys}}, {name: data, emptyDir: {}}, {name: scratch, emptyDir: {}},
               {name: cloud, projected: {sources: [{serviceAccountToken: {path: token, audience: sts}}]}},
               {name: kube-api-access-x, projected: {sources: []}}, {name: facts, projected: {sources: [{configMap: {name: a}}]}}],
             containers: [{name: app, volumeMounts: [{name: keys, mountPath: /keys}, {name: data, mountPath: /data},
               {name: scratch, mountPath: /tmp}, {name: cloud, mountPath: /cloud}, {name: facts, mountPath: /facts},
               {name: kube-api-access-x, mountPath: /var/run/secrets/kubernetes.io/serviceaccount}]}]}}
            """);

    private static AgentConfig config(Limits limits) {
        SidecarConfigs sidecars = new SidecarConfigs(
                new FakeCluster().workloads(),
                new SidecarConfigs.Settings("traffic-manager", 8081, 9900, "INFO"),
                _ -> Map.of(),
                _ -> limits);
        return sidecars.configFor(ECHO, POD.getMetadata(), POD.getSpec());
    }

    /** Each with an r where it is read-only, an l where it is the laptop's own. */
    private static List<String> mounts(Limits limits) {
        return config(limits).getContainers(0).getMountsList().stream()
                .map(m -> m.getVolume() + (m.getReadOnly() ? " r" : "") + (m.getLocal() ? " l" : ""))
                .toList();
    }

    @Test
    void withoutRulesMountPoliciesDecide() {
        assertEquals(List.of("keys", "data", "scratch l", "cloud", "facts", "kube-api-access-x"), mounts(Limits.NONE));
        assertFalse(config(Limits.NONE).hasVolumeLimits());
    }

    @Test
    void aVolumeThatIsWithheldIsSharedWithNobody() {
        assertEquals(
                List.of("data", "cloud", "facts", "kube-api-access-x"),
                mounts(new Limits(Set.of("keys", "scratch"), false, false)));
    }

    @Test
    void tokensAreWithheldWhereverTheyAre() {
        assertEquals(List.of("keys", "data", "scratch l", "facts"), mounts(new Limits(Set.of(), true, false)));
    }

    @Test
    void nobodyWrites() {
        assertEquals(
                List.of("keys r", "data r", "scratch l", "cloud r", "facts r", "kube-api-access-x r"),
                mounts(new Limits(Set.of(), false, true)));
    }

    /** So the next engagement replaces a pod that was made before the rules, but not one that shares less. */
    @Test
    void aPodOfBeforeIsNotUpToDate() {
        Limits some = new Limits(Set.of("keys"), true, true);
        Pod before = pod(config(Limits.NONE));
        Pod under = pod(config(some.with(new Limits(Set.of("data"), false, false))));
        assertFalse(SidecarAnnotation.upToDate(before, config(some)));
        assertFalse(SidecarAnnotation.upToDate(before, config(new Limits(Set.of(), false, true))));
        assertTrue(SidecarAnnotation.upToDate(under, config(some)));
        assertTrue(SidecarAnnotation.upToDate(under, config(Limits.NONE)));
        assertFalse(SidecarAnnotation.upToDate(under, config(new Limits(Set.of("more"), false, false))));
    }

    private static Pod pod(AgentConfig config) {
        return new PodBuilder(POD)
                .editMetadata()
                .addToAnnotations(AgentNames.CONFIG, SidecarAnnotation.text(config))
                .endMetadata()
                .editSpec()
                .addNewContainer()
                .withName(AgentNames.CONTAINER)
                .endContainer()
                .endSpec()
                .build();
    }
}
