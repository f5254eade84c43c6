package io.telepresence.manager.inject;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How a new pod is made to wait. */
@Timeout(20)
class PodHoldingTest {
    private static Pod held(Pod pod, String server) {
        return new PodHolding(SidecarInjectorTest.look(true, SidecarForms.Setting.AUTO, server)).held(pod, pod, 1000);
    }

    private static Pod pod() throws IOException {
        return SidecarInjectorTest.pod("security-context");
    }

    private static String gates(Pod pod) {
        return pod.getSpec().getSchedulingGates().stream()
                .map(g -> g.getName())
                .toList()
                .toString();
    }

    @Test
    void byAGateAndNothingElse() throws IOException {
        Pod want = new PodBuilder(pod())
                .editMetadata()
                .addToAnnotations("telepresence.io/waiting", "1000")
                .endMetadata()
                .editSpec()
                .addNewSchedulingGate("telepresence.io/earlier-pod-ends")
                .endSpec()
                .build();
        assertEquals(want, held(pod(), "v1.27.0"));
    }

    @Test
    void byAFirstInitContainerWhereThereAreNoGates() throws IOException {
        Pod pod = new PodBuilder(pod())
                .editSpec()
                .addNewInitContainer()
                .withName("migrate")
                .endInitContainer()
                .endSpec()
                .build();
        Pod after = held(pod, "v1.26.9");
        assertEquals("[]", gates(after));
        assertEquals(
                List.of("tel-agent-wait", "migrate"),
                after.getSpec().getInitContainers().stream()
                        .map(Container::getName)
                        .toList());
        Container wait = after.getSpec().getInitContainers().getFirst();
        assertEquals("localhost/telepresence/traffic-agent:0.1.0", wait.getImage());
        assertEquals(List.of("ALL"), wait.getSecurityContext().getCapabilities().getDrop());
        assertEquals("1000", after.getMetadata().getAnnotations().get("telepresence.io/waiting"));
        assertTrue(
                after.getSpec().getImagePullSecrets().stream()
                        .anyMatch(s -> s.getName().equals("ours")),
                after::toString);
    }

    @Test
    void aPodThatNamesItsNodeCannotHaveAGate() throws IOException {
        Pod pod =
                new PodBuilder(pod()).editSpec().withNodeName("node1").endSpec().build();
        Pod after = held(pod, "v1.36.0");
        assertEquals("[]", gates(after));
        assertEquals(
                "tel-agent-wait", after.getSpec().getInitContainers().getFirst().getName());
    }

    /** The script of the container, with the file elsewhere and a limit of two seconds. */
    private static Process wait(Path file) throws IOException {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/bin/busybox")), "no busybox");
        List<String> command =
                held(pod(), "v1.20.0").getSpec().getInitContainers().getFirst().getCommand();
        String script = command.getLast()
                .replace("/etc/traffic-agent-wait/waiting", file.toString())
                .replace("-lt 30", "-lt 2");
        assertTrue(script.contains(file.toString()) && script.contains("-lt 2"), script);
        return new ProcessBuilder(command.get(0), command.get(1), command.get(2), script)
                .redirectErrorStream(true)
                .start();
    }

    private static void say(Path file, String text) throws IOException {
        Path next = file.resolveSibling("next");
        Files.writeString(next, text);
        Files.move(next, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    }

    @Test
    void theContainerWaitsAsLongAsItIsToldAndEndsWhenItIsLetGo(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("waiting");
        say(file, "1000");
        Process process = wait(file);
        for (int i = 1; i <= 4; i++) {
            assertTrue(!process.waitFor(1, TimeUnit.SECONDS), "it went on although it was told to wait");
            say(file, Integer.toString(1000 + i));
        }
        say(file, "");
        assertTrue(process.waitFor(5, TimeUnit.SECONDS), "it does not go on");
        assertEquals(0, process.exitValue(), output(process));
    }

    @Test
    void theContainerGoesOnWhenNobodySaysAnything(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("waiting");
        say(file, "1000");
        Process process = wait(file);
        assertTrue(process.waitFor(10, TimeUnit.SECONDS), "it waits for ever");
        assertEquals(0, process.exitValue(), output(process));
        assertEquals("", output(process));
    }

    private static String output(Process process) throws IOException {
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
}
