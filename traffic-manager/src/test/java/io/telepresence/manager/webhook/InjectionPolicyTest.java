package io.telepresence.manager.webhook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.telepresence.agree.AgentNames;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.inject.InjectorSettings;
import io.telepresence.manager.rollout.PodOwner;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class InjectionPolicyTest {
    private static final PodOwner WEB = new PodOwner(new WorkloadRef("Deployment", "a", "web"), "u");

    private static PodBuilder pod() {
        return new PodBuilder()
                .withNewMetadata()
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("web")
                .endContainer()
                .endSpec();
    }

    private static Pod annotated(String value) {
        return pod().editMetadata()
                .addToAnnotations(AgentNames.INJECT, value)
                .endMetadata()
                .build();
    }

    private static boolean injects(boolean whenEnabled, boolean desired, Pod pod, String namespace) {
        InjectorSettings.Scope scope = new InjectorSettings.Scope("ambassador", List.of(), Set.of("Deployment"));
        return new InjectionPolicy(scope, whenEnabled, new JobRules(true), w -> desired)
                        .verdict(pod, namespace, Optional.of(WEB))
                instanceof InjectionDecision.Inject;
    }

    @Test
    void wishAndAnnotationDecide() {
        assertEquals(true, injects(false, true, pod().build(), "a"));
        assertEquals(false, injects(false, false, pod().build(), "a"));
        assertEquals(true, injects(false, false, annotated("enabled"), "a"));
        assertEquals(false, injects(false, true, annotated("disabled"), "a"));
        assertEquals(false, injects(false, true, annotated("false"), "a"));
        assertEquals(false, injects(true, true, pod().build(), "a"));
        assertEquals(true, injects(true, false, annotated("enabled"), "a"));
    }

    @Test
    void theAnnotationOfOldCountsWhereTheNewOneIsMissing() {
        String old = "telepresence.getambassador.io/inject-traffic-agent";
        Pod pod = pod().editMetadata()
                .addToAnnotations(old, "enabled")
                .endMetadata()
                .build();
        assertEquals(true, injects(false, false, pod, "a"));
        pod.getMetadata().getAnnotations().put(AgentNames.INJECT, "disabled");
        assertEquals(false, injects(false, true, pod, "a"));
    }

    @Test
    void someNeverGetOne() {
        Pod windows = pod().editSpec()
                .addToNodeSelector("kubernetes.io/os", "windows")
                .endSpec()
                .build();
        assertEquals(false, injects(false, true, windows, "a"));
        assertEquals(false, injects(false, true, pod().build(), "kube-system"));
        Pod node = pod().editSpec().withHostNetwork(true).endSpec().build();
        assertEquals(false, injects(false, true, node, "a"));
        Pod manager = pod().editMetadata()
                .addToLabels("app", AgentNames.MANAGER_APP)
                .endMetadata()
                .build();
        assertEquals(false, injects(false, true, manager, "ambassador"));
        Pod agent = pod().editSpec()
                .addNewContainer()
                .withName(AgentNames.CONTAINER)
                .endContainer()
                .endSpec()
                .build();
        assertEquals(false, injects(false, true, agent, "a"));
    }

    @Test
    void noOwnerAndForeignNamespacesAreLeft() {
        InjectorSettings.Scope scope = new InjectorSettings.Scope("ambassador", List.of("b"), Set.of("Deployment"));
        InjectionPolicy rules = new InjectionPolicy(scope, false, new JobRules(true), w -> true);
        assertEquals(false, rules.verdict(pod().build(), "a", Optional.of(WEB)) instanceof InjectionDecision.Inject);
        assertEquals(true, rules.verdict(pod().build(), "b", Optional.of(WEB)) instanceof InjectionDecision.Inject);
        assertEquals(false, rules.verdict(pod().build(), "b", Optional.empty()) instanceof InjectionDecision.Inject);
    }

    private static InjectionDecision ofJob(boolean nativeSidecars, Pod pod) {
        InjectorSettings.Scope scope = new InjectorSettings.Scope("ambassador", List.of(), Set.of("Job", "CronJob"));
        WorkloadRef job = new WorkloadRef("CronJob", "a", "nightly");
        return new InjectionPolicy(scope, false, new JobRules(nativeSidecars), w -> true)
                .verdict(pod, "a", Optional.of(new PodOwner(job, "u")));
    }

    private static String why(InjectionDecision verdict) {
        return ((InjectionDecision.Leave) verdict).why();
    }

    @Test
    void aJobGetsAnAgentByItsAnnotationOnlyAndIfItCanCompleteBesideIt() {
        assertEquals(
                new InjectionDecision.Inject(new WorkloadRef("CronJob", "a", "nightly")),
                ofJob(true, annotated("enabled")));
        assertTrue(why(ofJob(true, pod().build())).contains("must be enabled from the start"));
        assertTrue(why(ofJob(true, annotated("disabled"))).contains("is disabled"));
        assertTrue(why(ofJob(false, annotated("enabled"))).contains("would never complete"));
    }

    @Test
    void aPodOfAKindThatIsNotEnabledSaysWhose() {
        Pod pod = pod().editMetadata()
                .addNewOwnerReference()
                .withApiVersion("batch/v1")
                .withKind("Job")
                .withName("migrate")
                .withController(true)
                .endOwnerReference()
                .endMetadata()
                .build();
        InjectorSettings.Scope scope = new InjectorSettings.Scope("ambassador", List.of(), Set.of("Deployment"));
        InjectionPolicy rules = new InjectionPolicy(scope, false, new JobRules(true), w -> true);
        assertEquals(
                "it is owned by no workload of an enabled kind, but by Job migrate: the Helm value is"
                        + " workloads.jobs.enabled",
                why(rules.verdict(pod, "a", Optional.empty())));
    }
}
