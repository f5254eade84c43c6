package io.telepresence.e2e.harness;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Names and addresses of the cluster under test and of the laptop beside it, as {@code scripts/cluster env} tells them:
 * there may be others on this machine.
 */
public final class ClusterEnv {
    private static final Map<String, String> VARIABLES = read(Shell.run(
                    Map.of(),
                    Duration.ofSeconds(30),
                    List.of(Project.root().resolve("scripts/cluster").toString(), "env"))
            .ok()
            .stdout());

    private ClusterEnv() {}

    public static String get(String name) {
        String value = VARIABLES.get(name);
        if (value == null) {
            throw new IllegalStateException("scripts/cluster env does not tell " + name + ": " + VARIABLES.keySet());
        }
        return value;
    }

    /** Where the control plane and the node of the cluster have their network. */
    public static Path clusterNetwork() {
        return network(get("TEST_CLUSTER_NETNS"));
    }

    public static Path laptopNetwork() {
        return network(get("TEST_LAPTOP_NETNS"));
    }

    public static Path secondLaptopNetwork() {
        return network(get("TEST_SECOND_LAPTOP_NETNS"));
    }

    /** The API server's address on the laptop. */
    public static String address() {
        return get("TEST_CLUSTER_IP");
    }

    public static String apiServer() {
        return "https://" + address() + ":6443";
    }

    /** The name of a unix account of this machine that only the tests on this cluster use. */
    public static String account(String name) {
        return name + suffix(get("TEST_CLUSTER"));
    }

    /** What tells this cluster from the ordinary one, in letters that an account's name may have; empty: it is that one. */
    public static String suffix(String cluster) {
        String letters = cluster.toLowerCase().replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
        return letters.isEmpty() ? "" : "-" + letters;
    }

    /** Lines {@code NAME=VALUE}, the value as a shell would read it. */
    public static Map<String, String> read(String lines) {
        Map<String, String> variables = new LinkedHashMap<>();
        for (String line : lines.lines().toList()) {
            int at = line.indexOf('=');
            if (at > 0) {
                String value = line.substring(at + 1);
                boolean quoted = value.length() > 1 && "'\"".indexOf(value.charAt(0)) >= 0;
                variables.put(line.substring(0, at), quoted ? value.substring(1, value.length() - 1) : value);
            }
        }
        return variables;
    }

    private static Path network(String name) {
        return Path.of("/run/netns", name);
    }
}
