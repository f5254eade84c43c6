package io.telepresence.e2e.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.k3s.K3sContainer;
import org.testcontainers.utility.DockerImageName;
import org.testcontainers.utility.MountableFile;

/**
 * Kubernetes as k3s in a container; the laptop is this machine itself, with its own network, and every user is the
 * administrator. Where no Docker engine answers every test is skipped, and nothing is fetched. The system property
 * {@code e2e.k3s} names another version.
 */
public final class K3s implements Backend {
    private static final String VERSION = System.getProperty("e2e.k3s", "v1.34.1-k3s1");
    private static final String NO_ENGINE = "k3s: skipped, no Docker engine answers here";

    private K3sContainer container;
    private Path kubeconfig;
    private boolean told;

    @Override
    public Result script(Duration limit, String... arguments) {
        start();
        List<String> rest = List.of(arguments).subList(1, arguments.length);
        return switch (arguments[0]) {
            case "up" -> kubectl(limit, "wait", "--for=condition=Ready", "nodes", "--all", "--timeout=120s");
            case "kubectl" -> kubectl(limit, rest.toArray(String[]::new));
            case "load" -> load(rest);
            case "samples" -> samples();
            default -> {
                Assumptions.abort("k3s: there is no scripts/cluster " + arguments[0]);
                throw new IllegalStateException();
            }
        };
    }

    @Override
    public List<String> laptop(String user) {
        start();
        Assumptions.assumeTrue(List.of("developer", "admin").contains(user), "k3s: there is no user " + user);
        return List.of("env", "KUBECONFIG=" + kubeconfig);
    }

    @Override
    public List<Path> networks() {
        return List.of(Path.of("/proc/self/ns/net"));
    }

    @Override
    public List<String> secondLaptop(String user) {
        Assumptions.abort("k3s: there is no second laptop");
        throw new IllegalStateException();
    }

    private synchronized void start() {
        if (container != null) {
            return;
        }
        if (!DockerClientFactory.instance().isDockerAvailable()) {
            if (!told) {
                System.out.println(NO_ENGINE);
                told = true;
            }
            Assumptions.abort(NO_ENGINE);
        }
        // Taken away by testcontainers when this process ends.
        K3sContainer starting = new K3sContainer(DockerImageName.parse("rancher/k3s:" + VERSION));
        starting.start();
        try {
            kubeconfig = Files.createTempFile("k3s", ".kubeconfig");
            Files.writeString(kubeconfig, starting.getKubeConfigYaml());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        container = starting;
    }

    private Result kubectl(Duration limit, String... arguments) {
        return Shell.run(Map.of("KUBECONFIG", kubeconfig.toString()), limit, Shell.join(List.of("kubectl"), arguments));
    }

    private Result samples() {
        Path scripts = Project.root().resolve("scripts");
        Result images = Shell.run(
                        Map.of(),
                        Duration.ofMinutes(5),
                        List.of(scripts.resolve("cluster").toString(), "images"))
                .ok();
        load(images.stdout().lines().toList()).ok();
        Path manifest = scripts.resolve("lib/cluster/manifests/samples.yaml");
        kubectl(Shell.LIMIT, "apply", "-f", manifest.toString()).ok();
        return kubectl(
                Duration.ofMinutes(3),
                "wait",
                "--for=condition=Ready",
                "pods",
                "--all",
                "--all-namespaces",
                "--timeout=150s",
                "--selector=sample");
    }

    private Result load(List<String> tars) {
        Result last = new Result(List.of("load"), 0, "", "", 0);
        for (String tar : tars) {
            String inside = "/tmp/" + Path.of(tar).getFileName();
            container.copyFileToContainer(MountableFile.forHostPath(tar), inside);
            last = inContainer("ctr", "-n", "k8s.io", "images", "import", inside)
                    .ok();
        }
        return last;
    }

    private Result inContainer(String... command) {
        try {
            var ended = container.execInContainer(command);
            return new Result(List.of(command), ended.getExitCode(), ended.getStdout(), ended.getStderr(), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
