package io.telepresence.e2e.apps;

import io.telepresence.e2e.harness.Cluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A node that no machine stands behind: the cluster has its subnet, and nothing runs there. */
public final class FakeNode {
    private FakeNode() {}

    public static void add(String name, String podSubnet) {
        try {
            Path file = Files.createTempFile("node", ".yaml");
            Files.writeString(
                    file,
                    """
                    apiVersion: v1
                    kind: Node
                    metadata: {name: %s}
                    spec: {podCIDR: %s, podCIDRs: [%s], unschedulable: true}
                    """
                            .formatted(name, podSubnet, podSubnet));
            Cluster.kubectl("apply", "-f", file.toString()).ok();
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static void remove(String name) {
        Cluster.kubectl("delete", "node", name, "--ignore-not-found").ok();
    }
}
