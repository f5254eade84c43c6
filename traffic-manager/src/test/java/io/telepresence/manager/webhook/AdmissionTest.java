package io.telepresence.manager.webhook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Pod;
import io.telepresence.manager.cluster.FakeCluster;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.inject.InjectorSettings;
import io.telepresence.manager.inject.SidecarForms;
import io.telepresence.manager.inject.SidecarInjector;
import io.telepresence.manager.inject.SidecarInjectorTest;
import io.telepresence.manager.rollout.PodOwner;
import io.telepresence.manager.rollout.PodTurns;
import io.telepresence.rpc.agent.AgentConfig;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

class AdmissionTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String POD =
            """
            {"apiVersion":"v1","kind":"Pod","metadata":{"generateName":"web-"%s},
             "spec":{"containers":[{"name":"web","image":"web","ports":[{"containerPort":8080,"name":"http"}]}]}}""";

    private final FakeCluster cluster = new FakeCluster();
    private final PodTurns turns = new PodTurns(cluster.workloads(), null, InstantSource.system());

    private Admission admission(Admission.OwnerOf owners) {
        return admission(owners, "v1.31.0");
    }

    private Admission admission(Admission.OwnerOf owners, String server) {
        InjectorSettings.Scope scope = new InjectorSettings.Scope("ambassador", List.of(), Set.of("Deployment"));
        return new Admission(
                new InjectionPolicy(scope, false, new JobRules(true), w -> true),
                new SidecarInjector(SidecarInjectorTest.look(true, SidecarForms.Setting.AUTO, server)),
                owners,
                (workload, meta, spec) ->
                        AgentConfig.newBuilder().setWorkload(workload.name()).build(),
                turns);
    }

    private static JsonNode answer(Admission admission, String pod) {
        String review =
                "{\"kind\":\"AdmissionReview\",\"request\":{\"uid\":\"u1\",\"namespace\":\"default\",\"object\":" + pod
                        + "}}";
        JsonNode response = JSON.readTree(admission.review(review.getBytes(StandardCharsets.UTF_8)))
                .path("response");
        assertEquals("u1", response.path("uid").asString());
        assertTrue(response.path("allowed").asBoolean());
        return response;
    }

    private static JsonNode patched(JsonNode response, String pod) {
        byte[] patch = Base64.getDecoder().decode(response.path("patch").asString());
        return JsonPatch.apply(JSON.readTree(new String(patch, StandardCharsets.UTF_8)), JSON.readTree(pod));
    }

    @Test
    void aWishedPodGetsItsAgent() {
        String pod = POD.formatted("");
        Admission admission =
                admission((meta, ns) -> Optional.of(new PodOwner(new WorkloadRef("Deployment", ns, "web"), "u")));
        JsonNode after = patched(answer(admission, pod), pod);
        assertEquals("traffic-agent", after.at("/spec/containers/1/name").asString());
        assertTrue(answer(admission, after.toString()).path("patch").isMissingNode());
    }

    @Test
    void anAgentOfEitherFormIsSeen() {
        String pod =
                """
                {"apiVersion":"v1","kind":"Pod","metadata":{"generateName":"web-"},"spec":{
                 "initContainers":[{"name":"traffic-agent","image":"agent","restartPolicy":"Always"}],
                 "containers":[{"name":"web","image":"web"}]}}""";
        Admission admission =
                admission((meta, ns) -> Optional.of(new PodOwner(new WorkloadRef("Deployment", ns, "web"), "u")));
        assertTrue(answer(admission, pod).path("patch").isMissingNode());
    }

    @Test
    void aFailureLetsThePodThrough() {
        Admission admission = admission((meta, ns) -> {
            throw new IllegalStateException("the API server is away");
        });
        assertTrue(answer(admission, POD.formatted("")).path("patch").isMissingNode());
    }

    @Test
    void theProbeIsMarked() {
        String pod = POD.formatted(",\"labels\":{\"telepresence.io/webhook-probe\":\"m1\"}");
        Admission admission = admission((meta, ns) -> Optional.empty());
        JsonNode after = patched(answer(admission, pod), pod);
        assertEquals(
                "m1",
                after.path("metadata")
                        .path("annotations")
                        .path(Admission.ANSWER)
                        .asString());
    }

    /** The pod that went before ends, or its agent with it. */
    private JsonNode afterAnEnd(String annotation) {
        Pod old = FakeCluster.parse("{apiVersion: v1, kind: Pod, metadata: {name: old, uid: old, annotations: {"
                + annotation + "}}, spec: {containers: [{name: web}]}}");
        turns.announce(old, new WorkloadRef("Deployment", "default", "web"));
        String pod = POD.formatted("");
        Admission admission =
                admission((meta, ns) -> Optional.of(new PodOwner(new WorkloadRef("Deployment", ns, "web"), "u")));
        JsonNode after = patched(answer(admission, pod), pod);
        assertTrue(after.at("/metadata/annotations").has("telepresence.io/waiting"), after::toString);
        assertEquals(
                "telepresence.io/earlier-pod-ends",
                after.at("/spec/schedulingGates/0/name").asString());
        assertEquals(
                1, JSON.readTree(after.toString()).at("/spec/schedulingGates").size());
        return after;
    }

    @Test
    void aPodThatMustNotBeginBeforeAnotherHasEndedWaits() {
        JsonNode after = afterAnEnd("");
        assertEquals("traffic-agent", after.at("/spec/containers/1/name").asString());
    }

    @Test
    void whereAgentsAreToGoTheNextPodWaitsAndHasNone() {
        JsonNode after = afterAnEnd("telepresence.io/agent-dismissed: 'true'");
        assertEquals(1, after.at("/spec/containers").size());
    }

    /** As a failed engagement is undone on an old cluster. */
    @Test
    void noPodWithoutAgentWaitsByAnImageThatCouldNotBeHad() {
        String old =
                """
                {apiVersion: v1, kind: Pod, metadata: {name: old, uid: old, annotations:
                  {telepresence.io/agent-dismissed: 'true'}}, status: {containerStatuses: [{name: traffic-agent, imageID: '%s'}]}}
                """;
        WorkloadRef web = new WorkloadRef("Deployment", "default", "web");
        Admission admission = admission((meta, ns) -> Optional.of(new PodOwner(web, "u")), "v1.20.0");
        turns.announce(FakeCluster.parse(old.formatted("")), web);
        assertTrue(answer(admission, POD.formatted("")).path("patch").isMissingNode());
        turns.announce(FakeCluster.parse(old.formatted("docker.io/agent@sha256:1")), web);
        JsonNode after = patched(answer(admission, POD.formatted("")), POD.formatted(""));
        assertEquals("tel-agent-wait", after.at("/spec/initContainers/0/name").asString());
        assertTrue(after.at("/spec/containers/1").isMissingNode());
    }

    @Test
    void aPodOfAnotherWorkloadDoesNotWait() {
        Pod old = FakeCluster.parse("{apiVersion: v1, kind: Pod, metadata: {name: old, uid: old}}");
        turns.announce(old, new WorkloadRef("Deployment", "default", "other"));
        String pod = POD.formatted("");
        Admission admission =
                admission((meta, ns) -> Optional.of(new PodOwner(new WorkloadRef("Deployment", ns, "web"), "u")));
        assertTrue(
                patched(answer(admission, pod), pod).at("/spec/schedulingGates").isMissingNode());
    }

    @Test
    void whatIsNoReviewIsRefused() {
        Admission admission = admission((meta, ns) -> Optional.empty());
        assertThrows(IllegalArgumentException.class, () -> admission.review("{}".getBytes(StandardCharsets.UTF_8)));
    }
}
