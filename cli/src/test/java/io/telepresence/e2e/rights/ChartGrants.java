package io.telepresence.e2e.rights;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.telepresence.manager.webhook.RenderedChart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** What the chart grants to the traffic-manager and to its hook. */
final class ChartGrants {
    /** In names of roles. */
    static final String NAMESPACE = "NAMESPACE";

    private static final String RENDERED_NAMESPACE = "ambassador";

    private ChartGrants() {}

    /** With the values that it comes with, and with {@code namespaces}, on both ends of what Kubernetes may be. */
    static Set<Grant> of(Path chart) throws Exception {
        Path copy = Files.createTempDirectory("chart");
        try {
            withoutHooks(chart, copy);
            Set<Grant> all = new TreeSet<>();
            for (String kubernetes : List.of("1.20.2", "1.36.3")) {
                for (String values : List.of("{}", "namespaces: [managed]")) {
                    RenderedChart.render(copy, kubernetes, values).forEach(object -> add(object, all));
                }
            }
            return all;
        } finally {
            delete(copy);
        }
    }

    /** Hooks are not rendered. */
    private static void withoutHooks(Path chart, Path copy) throws IOException {
        try (Stream<Path> files = Files.walk(chart)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path to = copy.resolve(chart.relativize(file).toString());
                Files.createDirectories(to.getParent());
                if (file.toString().endsWith(".yaml")) {
                    Files.writeString(to, Files.readString(file).replaceAll("(?m)^ +helm\\.sh/hook.*\n", ""));
                } else {
                    Files.copy(file, to);
                }
            }
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.delete(file);
            }
        }
    }

    private static void add(HasMetadata object, Set<Grant> all) {
        List<PolicyRule> rules =
                switch (object) {
                    case ClusterRole role -> role.getRules();
                    case Role role -> role.getRules();
                    default -> List.of();
                };
        String name = object.getMetadata().getName();
        if (name.startsWith("traffic-manager")) {
            String role = role(object.getKind(), name, RENDERED_NAMESPACE);
            rules.forEach(rule -> add(role, rule, all));
        }
    }

    private static void add(String role, PolicyRule rule, Set<Grant> all) {
        List<String> names = rule.getResourceNames().isEmpty() ? List.of("") : rule.getResourceNames();
        for (String group : rule.getApiGroups()) {
            for (String resource : rule.getResources()) {
                for (String verb : rule.getVerbs()) {
                    // The webhook has the name of a namespace in its own.
                    names.forEach(name -> all.add(new Grant(
                            role,
                            verb,
                            Grant.resource(group, resource),
                            name.endsWith("-" + RENDERED_NAMESPACE) ? "" : name)));
                }
            }
        }
    }

    /** As {@link Grant} names it. */
    static String role(String kind, String name, String managerNamespace) {
        String end = "-" + managerNamespace;
        String plain = name.endsWith(end) ? name.substring(0, name.length() - end.length()) + "-" + NAMESPACE : name;
        return kind + "/" + plain;
    }
}
