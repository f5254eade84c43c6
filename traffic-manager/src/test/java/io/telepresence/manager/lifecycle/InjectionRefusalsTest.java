package io.telepresence.manager.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.FakeCluster;
import io.telepresence.manager.cluster.KubernetesWorkload;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.inject.InjectorSettings;
import io.telepresence.manager.rollout.PodHitch;
import io.telepresence.manager.rollout.PodOwner;
import io.telepresence.manager.rollout.WorkloadPods;
import io.telepresence.manager.webhook.InjectionDecision;
import io.telepresence.manager.webhook.InjectionPolicy;
import io.telepresence.manager.webhook.JobRules;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Why a Job can have no agent, and how soon it is said. */
class InjectionRefusalsTest {
    private static final WorkloadRef NIGHTLY = new WorkloadRef("CronJob", "default", "nightly");

    private final FakeCluster cluster = new FakeCluster();

    /** What the API server says of the pods; nothing may be changed. */
    private record ReadOnly(List<Pod> found) implements WorkloadPods {
        @Override
        public Optional<Shape> shape(WorkloadRef workload) {
            throw new AssertionError("pods of a Job are never replaced");
        }

        @Override
        public List<Pod> pods(WorkloadRef workload) {
            return found;
        }

        @Override
        public void orphan(Pod pod, WorkloadRef workload, String looseLabel) {
            throw new AssertionError();
        }

        @Override
        public void readopt(Pod pod) {
            throw new AssertionError();
        }

        @Override
        public void retire(Pod pod) {
            throw new AssertionError();
        }

        @Override
        public void dismiss(Pod pod, boolean dismissed) {
            throw new AssertionError();
        }

        @Override
        public void ending(Pod pod, WorkloadRef workload) {
            throw new AssertionError();
        }

        @Override
        public Optional<String> evict(Pod pod) {
            throw new AssertionError();
        }

        @Override
        public boolean there(Pod pod) {
            return true;
        }

        @Override
        public Optional<PodHitch> hitch(WorkloadRef workload, List<Pod> newcomers, Instant since) {
            throw new AssertionError();
        }
    }

    private static Pod pod(String initContainers) {
        return FakeCluster.parse(
                """
                {apiVersion: v1, kind: Pod, metadata: {name: nightly-1-x, uid: u, annotations:
                   {telepresence.io/inject-traffic-agent: enabled}},
                 spec: {initContainers: [%s], containers: [{name: work}]}}
                """
                        .formatted(initContainers));
    }

    private static InjectionRefusals refusals(boolean nativeSidecars, Pod... pods) {
        InjectorSettings.Scope scope = new InjectorSettings.Scope("ambassador", List.of(), Workloads.ALL);
        InjectionPolicy rules = new InjectionPolicy(scope, false, new JobRules(nativeSidecars), w -> true);
        return new InjectionRefusals(rules, new ReadOnly(List.of(pods)), true);
    }

    private KubernetesWorkload nightly(String annotation) {
        cluster.addNightly(annotation);
        return cluster.workloads("Job", "CronJob").get(NIGHTLY).orElseThrow();
    }

    @Test
    void theTemplateDecides() {
        assertEquals(Optional.empty(), refusals(true).obstacle(nightly("enabled")));
        String none = refusals(true).obstacle(nightly("''")).orElseThrow();
        assertTrue(none.contains("telepresence.io/inject-traffic-agent"), none);
        String old = refusals(false).obstacle(nightly("enabled")).orElseThrow();
        assertTrue(old.contains("would never complete") && old.contains("agent.sidecar"), old);
    }

    @Test
    void anAgentThatIsWrittenIntoTheTemplateIsOne() {
        KubernetesWorkload workload = nightly("''");
        workload.template().getSpec().getInitContainers().add(agent());
        assertEquals(Optional.empty(), refusals(true).obstacle(workload));
    }

    private static io.fabric8.kubernetes.api.model.Container agent() {
        return pod("{name: traffic-agent, restartPolicy: Always}")
                .getSpec()
                .getInitContainers()
                .getFirst();
    }

    @Test
    void aPodWithoutAgentIsNamedAndNotReplaced() throws FaultException {
        refusals(true, pod("{name: traffic-agent, restartPolicy: Always}")).check(NIGHTLY);
        FaultException refused = assertThrows(FaultException.class, () -> refusals(true, pod("{name: migrate}"))
                .check(NIGHTLY));
        assertEquals(
                "pod nightly-1-x of CronJob nightly.default was created without a traffic-agent, and pods of a Job are"
                        + " never replaced",
                refused.fault().text());
    }

    /** A template in YAML that cannot carry an agent, in that namespace. */
    private void neverCarries(String namespace, String template, String why) {
        WorkloadRef ref = new WorkloadRef("Deployment", namespace, "web");
        Pod pod = FakeCluster.parse("{apiVersion: v1, kind: Pod, " + template + "}");
        pod.getMetadata().setNamespace(namespace);
        KubernetesWorkload workload =
                new KubernetesWorkload(ref, "u", Map.of(), 1, 1, new PodTemplateSpec(pod.getMetadata(), pod.getSpec()));
        InjectionRefusals refusals = refusals(true, pod);
        assertEquals(Optional.of(why), refusals.obstacle(workload));
        FaultException refused = assertThrows(FaultException.class, () -> refusals.check(ref));
        assertEquals(
                "Deployment web." + namespace + " cannot have a traffic-agent: " + why,
                refused.fault().text());
        assertEquals(
                new InjectionDecision.Leave(why),
                refusals.rules().verdict(pod, namespace, Optional.of(new PodOwner(ref, "u"))));
    }

    @Test
    void webhookEngagementAndListSayTheSameOfWhatCannotCarryAnAgent() {
        String plain = "metadata: {name: web-1, uid: u}, spec: {containers: [{name: main}]}";
        neverCarries("kube-system", plain, "namespace kube-system is the cluster's own, and its pods get no agents");
        neverCarries(
                "kube-node-lease", plain, "namespace kube-node-lease is the cluster's own, and its pods get no agents");
        neverCarries(
                "ambassador",
                "metadata: {name: m, uid: u, labels: {app: traffic-manager}}, spec: {containers: [{name: main}]}",
                "it is the traffic-manager itself");
        neverCarries(
                "default",
                "metadata: {name: n, uid: u}, spec: {hostNetwork: true, containers: [{name: main}]}",
                "it uses the network of its node (hostNetwork)");
        for (String windows : List.of(
                "os: {name: windows}",
                "nodeSelector: {kubernetes.io/os: windows}",
                "nodeSelector: {beta.kubernetes.io/os: windows}",
                "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: ["
                        + "{matchExpressions: [{key: kubernetes.io/os, operator: In, values: [windows]}]}]}}}")) {
            neverCarries(
                    "default",
                    "metadata: {name: w, uid: u}, spec: {" + windows + ", containers: [{name: main}]}",
                    "it runs on Windows");
        }
    }
}
