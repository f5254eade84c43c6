package io.telepresence.cli.docker;

import io.telepresence.cli.daemon.ContainerDaemon;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Mounts the pod's volumes inside a handler's container, from a container beside it that sees its processes. It has the
 * rights for that; the handler needs none, and this machine sees no mount. Lives as long as the handler.
 */
final class VolumesContainer {
    private static final Duration RUNNING = Duration.ofSeconds(15);
    private static final Duration GLANCE = Duration.ofMillis(20);

    private final Docker docker;
    private final Handler.Home home;
    private final String handler;
    private final Handler.Volumes volumes;
    private final List<String> paths;

    VolumesContainer(Docker docker, Handler.Home home, String handler, Handler.Volumes volumes, List<String> paths) {
        this.docker = docker;
        this.home = home;
        this.handler = handler;
        this.volumes = volumes;
        this.paths = paths;
    }

    /** On a thread of its own, which ends with the container. */
    void start(Consumer<String> trouble) {
        Thread.ofPlatform().daemon().name("volumes-" + handler).start(() -> {
            String why = run();
            if (!why.isEmpty()) {
                trouble.accept("the volumes are not mounted in the container: " + why);
                kill();
            }
        });
    }

    /** Why it did not work; empty: it did, or the handler has ended. */
    private String run() {
        try {
            if (!awaitHandler()) {
                return "";
            }
            Process process = new ProcessBuilder(command())
                    .redirectInput(new java.io.File("/dev/null"))
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String said = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
            int code = process.waitFor();
            return code == 0 || !runs().orElse(false) ? "" : DockerFaults.first(new Docker.Output(code, "", said));
        } catch (IOException | FaultException e) {
            return e.getMessage();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }

    /** False: it has ended already, or never began. */
    private boolean awaitHandler() throws FaultException, InterruptedException {
        long end = System.nanoTime() + RUNNING.toNanos();
        while (System.nanoTime() < end) {
            Optional<Boolean> now = runs();
            if (now.isEmpty()) {
                return false;
            }
            if (now.get()) {
                return true;
            }
            Thread.sleep(GLANCE);
        }
        return false;
    }

    /** Empty: the container is gone. */
    private Optional<Boolean> runs() throws FaultException {
        Docker.Output state = docker.run("inspect", "--format", "{{.State.Running}}", handler);
        return state.ok() ? Optional.of(state.out().strip().equals("true")) : Optional.empty();
    }

    private void kill() {
        try {
            docker.run("kill", handler);
        } catch (FaultException e) {
            // The engine is gone, and its containers with it.
            assert e.fault() != null;
        }
    }

    List<String> command() {
        Optional<ContainerDaemon> connection = home.connection();
        String neighbour = connection.isPresent() ? handler + "-sandbox" : handler + "-tools";
        List<String> words = new ArrayList<>(List.of(Docker.PROGRAM, "run", "--rm", "--name=" + handler + "-volumes"));
        words.add(Labels.of(Labels.ROLE, "volumes"));
        words.add(Labels.of(Labels.OWNER, home.uid()));
        words.add(home.label());
        words.add("--pid=container:" + handler);
        words.add(connection.isPresent() ? "--network=container:" + neighbour : "--network=host");
        words.add("--volumes-from=" + neighbour + ":ro");
        words.addAll(List.of(
                "--cap-drop=ALL",
                "--cap-add=SYS_ADMIN",
                "--cap-add=SYS_PTRACE",
                "--cap-add=SYS_CHROOT",
                "--cap-add=DAC_OVERRIDE",
                "--device=/dev/fuse",
                "--security-opt=apparmor=unconfined",
                "--security-opt=label=disable",
                "--read-only",
                "--entrypoint=/opt/telepresence/container/volumes",
                home.image()));
        words.add(connection.map(c -> c.network().gateway4()).orElse("127.0.0.1"));
        words.add(Integer.toString(volumes.port()));
        words.add(volumes.readOnly() ? "ro" : "rw");
        words.add(volumes.root());
        words.addAll(paths);
        return words;
    }
}
