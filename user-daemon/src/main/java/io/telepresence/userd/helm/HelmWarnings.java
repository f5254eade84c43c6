package io.telepresence.userd.helm;

import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What whoever installs the manager must be told: the chart's own notes say it to Helm's users, this to ours. */
final class HelmWarnings {
    static final String HOST_NETWORK =
            "WARNING: hostNetwork is true: the traffic-manager's port for clients is on its node's"
                    + " loopback, so every process and every hostNetwork pod of that node reaches it without any Kubernetes"
                    + " permission";

    private static final String MARK = "WARNING:";

    private HelmWarnings() {}

    /**
     * @param said the sentence of success
     * @param output of Helm, which may or may not have the chart's notes in it
     * @param values that were asked for
     * @return the sentence, and the warnings below it, a line each
     */
    static String after(String said, String output, Map<String, Object> values) {
        Set<String> lines = new LinkedHashSet<>();
        lines.add(said);
        Optional.ofNullable(output).stream()
                .flatMap(String::lines)
                .filter(line -> line.startsWith(MARK))
                .forEach(lines::add);
        if (Boolean.TRUE.equals(values.get("hostNetwork"))) {
            lines.add(HOST_NETWORK);
        }
        return String.join("\n", lines);
    }
}
