package io.telepresence.userd.helm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.connector.HelmRequest;
import io.telepresence.userd.kubeconfig.KubeTarget;
import java.nio.file.Files;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Real Helm, as far as it works without a cluster. */
final class HelmServiceTest {
    private static String run(HelmRequest.Builder request) throws FaultException {
        KubeTarget nowhere = new KubeTarget("", "default", Map.of(), Map.of(), "");
        return HelmService.run(request.build(), nowhere, line -> {}, namespace -> "");
    }

    @Test
    void versionIsThatOfTheEmbeddedHelm() throws FaultException {
        assertTrue(
                run(HelmRequest.newBuilder().setVerb(HelmRequest.Verb.VERSION)).startsWith("v3."));
    }

    @Test
    void lintAcceptsTheChartAndRefusesAnUnknownValue() throws FaultException {
        run(HelmRequest.newBuilder().setVerb(HelmRequest.Verb.LINT).addSet("logLevel=debug"));
        FaultException refused = assertThrows(
                FaultException.class,
                () -> run(
                        HelmRequest.newBuilder().setVerb(HelmRequest.Verb.LINT).addSet("nonsense=1")));
        assertEquals(Fault.Kind.USER, refused.fault().kind());
        assertTrue(refused.fault().text().contains("'nonsense' not allowed"), refused::toString);
    }

    @Test
    void whatTheChartItselfRefusesIsOneSentence() {
        String said =
                "execution error at (telepresence-oss/templates/statefulset.yaml:3:4): agent.sidecar is native, but"
                        + " this cluster is Kubernetes v1.28.9\n\nUse --debug flag to render out invalid YAML";
        Fault fault = HelmFaults.of(new IllegalStateException(said), "ambassador", () -> "not asked");
        assertEquals(Fault.Kind.USER, fault.kind());
        assertEquals(
                "the Helm values are wrong: agent.sidecar is native, but this cluster is Kubernetes v1.28.9",
                fault.text());
    }

    @Test
    void anUnknownFormOfAgentsIsRefusedBeforeAnythingIsInstalled() {
        FaultException refused = assertThrows(
                FaultException.class,
                () -> run(
                        HelmRequest.newBuilder().setVerb(HelmRequest.Verb.LINT).addSet("agent.sidecar=sidecar")));
        assertTrue(refused.fault().text().contains("'auto', 'native', 'container'"), refused::toString);
    }

    @Test
    void whoInstallsOnTheNodesNetworkIsWarned() throws Exception {
        HelmRequest.Builder request = HelmRequest.newBuilder().setVerb(HelmRequest.Verb.INSTALL);
        assertEquals("done", HelmWarnings.after("done", null, HelmValues.of(request.build())));
        assertEquals(
                "done", HelmWarnings.after("done", "STATUS: deployed\nNOTES:\nfine", HelmValues.of(request.build())));
        String warned = "done\n" + HelmWarnings.HOST_NETWORK;
        String notes = "STATUS: deployed\nNOTES:\nfine\n\n" + HelmWarnings.HOST_NETWORK + "\n";
        assertEquals(warned, HelmWarnings.after("done", notes, HelmValues.of(request.build())), "of values of before");
        request.addSet("hostNetwork=true");
        assertEquals(warned, HelmWarnings.after("done", "", HelmValues.of(request.build())));
        assertEquals(warned, HelmWarnings.after("done", notes, HelmValues.of(request.build())));
        try (EmbeddedChart chart = EmbeddedChart.unpack()) {
            String own = Files.readString(chart.path().resolve("templates/NOTES.txt"));
            assertTrue(
                    own.contains("{{- if .Values.hostNetwork }}\n\n" + HelmWarnings.HOST_NETWORK + "\n{{- end }}"),
                    own);
        }
    }

    @Test
    void onlyTheOwnChartVersionIsHere() {
        FaultException refused = assertThrows(
                FaultException.class,
                () -> run(
                        HelmRequest.newBuilder().setVerb(HelmRequest.Verb.LINT).setVersion("9.9.9")));
        assertTrue(refused.fault().text().startsWith("this client has no chart version 9.9.9"), refused::toString);
    }

    @Test
    void aManagerThatDoesNotBecomeReadyIsToldWithItsPodsReason() {
        Fault fault = HelmFaults.of(
                new IllegalStateException("context deadline exceeded"),
                "ambassador",
                () -> "waiting (ImagePullBackOff)");
        assertEquals(
                "the traffic-manager in namespace ambassador did not become ready: waiting (ImagePullBackOff)",
                fault.text());
        Fault denied =
                HelmFaults.of(new IllegalStateException("secrets is forbidden"), "ambassador", () -> "not asked");
        assertEquals(Fault.Kind.DENIED, denied.kind());
    }
}
