package io.telepresence.cli.engage;

import io.telepresence.cli.daemon.ClientEngagement;
import io.telepresence.cli.daemon.ListedWorkload;
import io.telepresence.cli.invocation.Command;
import io.telepresence.cli.invocation.DaemonSession;
import io.telepresence.cli.invocation.Invocation;
import io.telepresence.cli.invocation.OptionSpecs;
import io.telepresence.cli.output.Format;
import io.telepresence.cli.registry.SelectedDaemon;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.fault.FaultException;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;

/** {@code telepresence list}. */
public final class ListCommand implements Command {
    @Override
    public String name() {
        return "list";
    }

    @Override
    public String summary() {
        return "List workloads, and what is engaged";
    }

    @Override
    public CommandSpec spec() {
        CommandSpec spec = CommandSpec.create()
                .addOption(OptionSpecs.flag("Only workloads with an installed agent", "-a", "--agents"))
                .addOption(OptionSpecs.flag("Include debug information", "--debug"))
                .addOption(OptionSpecs.text("Namespace scope (default the connected one)", "-n", "--namespace"))
                .addOption(OptionSpecs.oldFlag("-o", "--only-interceptable"))
                .addOption(OptionSpecs.oldFlag("-w", "--watch"));
        for (EngagementKind kind : EngagementKind.values()) {
            EngagementWords words = EngagementWords.of(kind);
            spec.addOption(
                    OptionSpecs.flag("Only " + words.done() + " workloads", words.listLetter(), words.listFlag()));
        }
        return spec;
    }

    @Override
    public int run(Invocation invocation) throws FaultException {
        SelectedDaemon chosen = DaemonSession.chosen(invocation);
        String namespace = invocation.text("--namespace");
        if (invocation.output().format() == Format.JSON_STREAM) {
            chosen.daemon().watch(namespace, all -> invocation
                    .output()
                    .item(requested(invocation, chosen, all).stream()
                            .map(ListCommand::tree)
                            .toList()));
            return 0;
        }
        List<ListedWorkload> workloads =
                requested(invocation, chosen, chosen.daemon().list(namespace));
        if (invocation.output().structured()) {
            invocation.output().object(workloads.stream().map(ListCommand::tree).toList());
        } else {
            lines(workloads, invocation.flag("--debug")).forEach(invocation.output()::line);
        }
        return 0;
    }

    /** Volumes of a daemon in a container are served there to handlers alone: no place that the user could look at. */
    private static List<ListedWorkload> requested(
            Invocation invocation, SelectedDaemon chosen, List<ListedWorkload> all) {
        Set<EngagementKind> kinds = EnumSet.noneOf(EngagementKind.class);
        for (EngagementKind kind : EngagementKind.values()) {
            if (invocation.flag(EngagementWords.of(kind).listFlag())) {
                kinds.add(kind);
            }
        }
        return all.stream()
                .filter(w -> !invocation.flag("--agents") || !w.agentVersion().isEmpty())
                .filter(w -> !invocation.flag("--only-interceptable")
                        || w.notInterceptable().isEmpty())
                .filter(w -> kinds.isEmpty() || w.engagements().stream().anyMatch(e -> kinds.contains(e.kind())))
                .map(w -> chosen.container().isPresent() ? w.withoutMounts() : w)
                .toList();
    }

    static List<String> lines(List<ListedWorkload> workloads, boolean debug) {
        if (workloads.isEmpty()) {
            return List.of("No Workloads (Deployments, StatefulSets, ReplicaSets, or Rollouts)");
        }
        boolean spread =
                workloads.stream().map(ListedWorkload::namespace).distinct().count() > 1;
        List<String> titles = workloads.stream().map(w -> title(w, spread)).toList();
        int width = titles.stream().mapToInt(String::length).max().orElse(0);
        List<String> lines = new java.util.ArrayList<>();
        for (int i = 0; i < workloads.size(); i++) {
            ListedWorkload workload = workloads.get(i);
            String title = titles.get(i);
            lines.add(title + " ".repeat(width - title.length()) + ": " + state(workload));
            workload.policies().forEach(p -> lines.add("  Policy " + p));
            coverage(workload.coverage()).ifPresent(lines::add);
            earlier(workload.coverage().earlier()).ifPresent(lines::add);
            workload.engagements().forEach(e -> lines.addAll(EngagementText.lines(e, debug)));
        }
        return lines;
    }

    /** Nothing while all pods are reached: that is what the word "intercepted" says. */
    private static Optional<String> coverage(ListedWorkload.Coverage coverage) {
        return coverage.whole()
                ? Optional.empty()
                : Optional.of("  Agents: " + coverage.reached() + " of " + coverage.pods() + " pods ("
                        + coverage.bypasses().stream()
                                .map(b -> "pod " + b.pod() + ": " + b.reason())
                                .collect(Collectors.joining("; "))
                        + ")");
    }

    private static Optional<String> earlier(int pods) {
        return pods == 0
                ? Optional.empty()
                : Optional.of("  Agents: " + pods + (pods == 1 ? " pod has" : " pods have")
                        + " a traffic-agent of another image than new pods get, until "
                        + (pods == 1 ? "it is" : "they are") + " replaced");
    }

    private static String title(ListedWorkload workload, boolean withNamespace) {
        String name = withNamespace ? workload.name() + "." + workload.namespace() : workload.name();
        return workload.kind().toLowerCase(Locale.ROOT) + " " + name;
    }

    private static String state(ListedWorkload workload) {
        if (!workload.engagements().isEmpty()) {
            return workload.engagements().stream()
                    .map(ClientEngagement::kind)
                    .distinct()
                    .sorted()
                    .map(kind -> EngagementWords.of(kind).done())
                    .collect(Collectors.joining(", "));
        }
        String installed = workload.agentVersion().isEmpty() ? "not installed" : "already installed";
        if (!workload.notInterceptable().isEmpty()) {
            return "not interceptable (traffic-agent " + installed + "): " + workload.notInterceptable();
        }
        return "ready to engage (traffic-agent "
                + (workload.agentVersion().isEmpty() ? "not yet installed" : "already installed") + ")";
    }

    private static Map<String, Object> tree(ListedWorkload workload) {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("name", workload.name());
        tree.put("namespace", workload.namespace());
        tree.put("workload_resource_type", workload.kind());
        putIfSet(tree, "uid", workload.uid());
        putIfSet(tree, "agent_version", workload.agentVersion());
        putIfSet(tree, "not_interceptable_reason", workload.notInterceptable());
        EngagementTree.put(tree, "policies", workload.policies());
        putCoverage(tree, workload.coverage());
        if (workload.coverage().earlier() > 0) {
            tree.put("earlier_agents", workload.coverage().earlier());
        }
        putInfo(tree, "intercept_info", workload, false);
        putInfo(tree, "ingest_info", workload, true);
        return tree;
    }

    private static void putCoverage(Map<String, Object> tree, ListedWorkload.Coverage coverage) {
        if (coverage.whole()) {
            return;
        }
        Map<String, Object> agents = new LinkedHashMap<>();
        agents.put("pods", coverage.pods());
        agents.put("reached", coverage.reached());
        agents.put(
                "bypassed",
                coverage.bypasses().stream()
                        .map(b -> Map.of("pod", b.pod(), "reason", b.reason()))
                        .toList());
        tree.put("agents", agents);
    }

    private static void putInfo(Map<String, Object> tree, String key, ListedWorkload workload, boolean ingests) {
        List<Map<String, Object>> info = workload.engagements().stream()
                .filter(e -> e.kind().hasPorts() != ingests)
                .map(EngagementTree::of)
                .toList();
        EngagementTree.put(tree, key, info);
    }

    private static void putIfSet(Map<String, Object> tree, String key, String value) {
        if (!value.isEmpty()) {
            tree.put(key, value);
        }
    }
}
