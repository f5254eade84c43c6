package io.telepresence.cli.explain;

import io.telepresence.cli.daemon.Explanation;
import io.telepresence.cli.engage.EngagementText;
import io.telepresence.cli.engage.EngagementTree;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** The object of {@code why --output json}; members that are empty are left out. */
final class WhyTree {
    private WhyTree() {}

    static Map<String, Object> of(Explanation why) {
        Map<String, Object> tree = new LinkedHashMap<>();
        EngagementTree.put(tree, "workload", why.workload().name());
        EngagementTree.put(tree, "workload_kind", why.workload().kind());
        EngagementTree.put(tree, "namespace", why.workload().namespace());
        tree.put("container_port", why.workload().containerPort());
        EngagementTree.put(tree, "taker", why.taker());
        tree.put("rules", why.rules().stream().map(r -> rule(why, r)).toList());
        EngagementTree.put(tree, "policies", why.policies());
        EngagementTree.put(
                tree, "recent", why.recent().stream().map(WhyTree::verdict).toList());
        return tree;
    }

    private static Map<String, Object> rule(Explanation why, Explanation.Rule rule) {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("id", rule.engagement().id());
        tree.put("name", rule.engagement().name());
        tree.put("kind", rule.engagement().kind().name().toLowerCase(Locale.ROOT));
        EngagementTree.put(tree, "client", rule.engagement().client());
        tree.put("filter_desc", EngagementText.filter(rule.engagement()));
        tree.put("matches", rule.takes() || WhyText.takesIt(why, rule));
        EngagementTree.put(tree, "reason", rule.reason());
        return tree;
    }

    private static Map<String, Object> verdict(Explanation.Verdict verdict) {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("time_ms", verdict.timeMillis());
        tree.put("pod", verdict.pod());
        tree.put("container_port", verdict.port());
        tree.put("method", verdict.method());
        tree.put("path", verdict.path());
        EngagementTree.put(tree, "taker", verdict.taker());
        EngagementTree.put(tree, "taps", verdict.taps());
        tree.put("failed_open", verdict.failedOpen());
        return tree;
    }
}
