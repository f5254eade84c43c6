package io.telepresence.manager.webhook;

import io.fabric8.kubernetes.api.model.NodeSelectorTerm;
import io.fabric8.kubernetes.api.model.PodSpec;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Recognizes pods that run on nodes with Windows only, where no agent runs. Pure. */
final class WindowsNodes {
    private static final String WINDOWS = "windows";

    /** The second one is that of nodes before 1.14; manifests still use it. */
    private static final Set<String> LABELS = Set.of("kubernetes.io/os", "beta.kubernetes.io/os");

    private WindowsNodes() {}

    /** Whether its author says so: by field, by node selector, or by a node affinity that must hold. */
    static boolean only(PodSpec spec) {
        Map<String, String> selector = spec.getNodeSelector() == null ? Map.of() : spec.getNodeSelector();
        return spec.getOs() != null && WINDOWS.equals(spec.getOs().getName())
                || LABELS.stream().anyMatch(label -> WINDOWS.equals(selector.get(label)))
                || required(spec);
    }

    /** Of the terms of an affinity one must hold: so each must say it. */
    private static boolean required(PodSpec spec) {
        if (spec.getAffinity() == null
                || spec.getAffinity().getNodeAffinity() == null
                || spec.getAffinity().getNodeAffinity().getRequiredDuringSchedulingIgnoredDuringExecution() == null) {
            return false;
        }
        List<NodeSelectorTerm> terms = spec.getAffinity()
                .getNodeAffinity()
                .getRequiredDuringSchedulingIgnoredDuringExecution()
                .getNodeSelectorTerms();
        return !terms.isEmpty() && terms.stream().allMatch(WindowsNodes::only);
    }

    private static boolean only(NodeSelectorTerm term) {
        return term.getMatchExpressions().stream()
                .anyMatch(e -> LABELS.contains(e.getKey())
                        && "In".equals(e.getOperator())
                        && e.getValues().equals(List.of(WINDOWS)));
    }
}
