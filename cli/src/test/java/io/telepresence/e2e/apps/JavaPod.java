package io.telepresence.e2e.apps;

import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Shell;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A Java program as a Deployment of one container with one port, and its Service. JDK and jars come from the machine, which
 * is the node.
 */
public record JavaPod(String name) implements AutoCloseable {
    private static final String MANIFEST =
            """
            apiVersion: v1
            kind: Service
            metadata: {name: NAME, namespace: default}
            spec: {selector: {app: NAME}, ports: [{name: web, port: 80, targetPort: web}]}
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: NAME, namespace: default}
            spec:
              selector: {matchLabels: {app: NAME}}
              template:
                metadata: {labels: {app: NAME}}
                spec:
                  terminationGracePeriodSeconds: 1
                  containers:
                  - name: java
                    image: localhost/java:1
                    imagePullPolicy: Never
                    command: [COMMAND]
                    ports: [{name: web, containerPort: PORT}]
                    readinessProbe: {tcpSocket: {port: PORT}, periodSeconds: 1}
                    volumeMounts: [MOUNTS]
                  volumes: [VOLUMES]
            """;

    /** @param command a Java command as {@link JavaProgram} makes it */
    public static JavaPod start(String name, int port, List<String> command, List<Path> folders) {
        String manifest =
                filled(MANIFEST.replace("NAME", name).replace("PORT", Integer.toString(port)), command, folders);
        try {
            Path file = Files.writeString(Laptop.home().resolve(name + ".yaml"), manifest);
            Cluster.kubectl("apply", "-f", file.toString()).ok();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Cluster.kubectl("rollout", "status", "deployment/" + name, "--timeout=60s")
                .ok();
        return new JavaPod(name);
    }

    /** A manifest with COMMAND, MOUNTS and VOLUMES in words of YAML, between its brackets. */
    public static String filled(String manifest, List<String> command, List<Path> folders) {
        List<String> mounts = new ArrayList<>();
        List<String> volumes = new ArrayList<>();
        for (Path folder : folders) {
            String id = "from-node-" + mounts.size();
            mounts.add("{name: " + id + ", readOnly: true, mountPath: '" + folder + "'}");
            volumes.add("{name: " + id + ", hostPath: {path: '" + folder + "'}}");
        }
        return manifest.replace(
                        "COMMAND", command.stream().map(w -> "'" + w + "'").collect(Collectors.joining(", ")))
                .replace("MOUNTS", String.join(", ", mounts))
                .replace("VOLUMES", String.join(", ", volumes));
    }

    /** What a command of {@link JavaProgram} needs to see. */
    public static List<Path> folders(List<String> classPath) {
        return Stream.concat(
                        Stream.of(Path.of(System.getProperty("java.home"))),
                        classPath.stream()
                                .map(p -> p.endsWith(".jar") ? p.replaceFirst("/repository/.*", "/repository") : p)
                                .map(Path::of))
                .distinct()
                .toList();
    }

    @Override
    public void close() {
        Cluster.kubectl("delete", "service,deployment", name, "--wait=false").ok();
        Shell.await("the pods of " + name + " have gone", Duration.ofSeconds(60), () -> Cluster.kubectl(
                        "get", "pod", "-l", "app=" + name, "-o", "name")
                .stdout()
                .isEmpty());
    }
}
