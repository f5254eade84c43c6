package io.telepresence.manager.sidecar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.telepresence.agree.AgentNames;
import io.telepresence.rpc.agent.AgentConfig;
import io.telepresence.rpc.agent.AgentContainer;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SidecarAnnotationTest {
    private static final AgentConfig CONFIG = config(c -> c);

    private static AgentConfig config(UnaryOperator<AgentContainer.Builder> change) {
        AgentContainer.Builder app = AgentContainer.newBuilder().setName("app");
        app.addPortsBuilder().setContainerPort(8080).setAgentPort(9900).setRedirect(true);
        return AgentConfig.newBuilder()
                .setWorkload("echo")
                .setLogLevel("INFO")
                .addContainers(change.apply(app))
                .build();
    }

    private static Pod pod(String... containers) {
        return pod(SidecarAnnotation.text(CONFIG), containers);
    }

    private static Pod pod(String annotation, String[] containers) {
        PodBuilder pod = new PodBuilder()
                .withNewMetadata()
                .withAnnotations(Map.of(AgentNames.CONFIG, annotation))
                .endMetadata()
                .withNewSpec()
                .endSpec();
        for (String name : containers) {
            pod.editSpec().addNewContainer().withName(name).endContainer().endSpec();
        }
        return pod.build();
    }

    @Test
    void whatIsWrittenIsRead() {
        assertFalse(SidecarAnnotation.text(CONFIG).contains("\n"));
        assertEquals(Optional.of(CONFIG), SidecarAnnotation.of(pod("app")));
        String newer = SidecarAnnotation.text(CONFIG).replaceFirst("\\{", "{\"ofALaterVersion\": [1],");
        assertEquals(Optional.of(CONFIG), SidecarAnnotation.parse(newer));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "{", "null", "{\"containers\": 5}"})
    void whatCannotBeReadIsNoConfiguration(String annotation) {
        Pod pod = pod(annotation, new String[] {"app", AgentNames.CONTAINER});
        assertEquals(Optional.empty(), SidecarAnnotation.of(pod));
        assertFalse(SidecarAnnotation.upToDate(pod, CONFIG));
    }

    @Test
    void aPodWithoutAnnotationsHasNone() {
        assertEquals(
                Optional.empty(),
                SidecarAnnotation.of(
                        new PodBuilder().withNewMetadata().endMetadata().build()));
    }

    @Test
    void aPodIsUpToDateIfItsAgentServesTheSame() {
        Pod pod = pod("app", AgentNames.CONTAINER);
        assertTrue(SidecarAnnotation.upToDate(pod, CONFIG));
        assertTrue(SidecarAnnotation.upToDate(
                pod, CONFIG.toBuilder().setLogLevel("DEBUG").build()));
        assertTrue(SidecarAnnotation.upToDate(
                pod, config(c -> c.setPorts(0, c.getPorts(0).toBuilder().setAgentPort(9950)))));
        assertTrue(SidecarAnnotation.upToDate(
                pod, config(c -> c.setPorts(0, c.getPorts(0).toBuilder().setRedirect(false)))));
        assertFalse(SidecarAnnotation.upToDate(pod("app"), CONFIG), "it has no agent");
        assertFalse(SidecarAnnotation.upToDate(pod, config(c -> c.setReplaced(true))));
        assertFalse(SidecarAnnotation.upToDate(pod, config(c -> c.setName("other"))));
        assertFalse(SidecarAnnotation.upToDate(
                pod, config(c -> c.setPorts(0, c.getPorts(0).toBuilder().setContainerPort(81)))));
    }

    @Test
    void whatMustBeRedirectedIsRedirected() {
        AgentConfig renamed =
                config(c -> c.setPorts(0, c.getPorts(0).toBuilder().setRedirect(false)));
        Pod pod = pod(SidecarAnnotation.text(renamed), new String[] {"app", AgentNames.CONTAINER});
        assertTrue(SidecarAnnotation.upToDate(pod, renamed));
        assertFalse(SidecarAnnotation.upToDate(pod, CONFIG));
    }
}
