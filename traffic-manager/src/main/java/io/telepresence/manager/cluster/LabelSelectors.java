package io.telepresence.manager.cluster;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import java.util.List;
import java.util.Map;

/** Reads label selectors as the API's reference says that they are to be read. Pure. */
public final class LabelSelectors {
    private LabelSelectors() {}

    /** @param selector null: selects everything */
    public static boolean selects(LabelSelector selector, Map<String, String> labels) {
        return selector == null
                || labels.entrySet()
                                .containsAll(
                                        selector.getMatchLabels() == null
                                                ? List.of()
                                                : selector.getMatchLabels().entrySet())
                        && selector.getMatchExpressions().stream().allMatch(e -> holds(e, labels));
    }

    private static boolean holds(LabelSelectorRequirement requirement, Map<String, String> labels) {
        String value = labels.get(requirement.getKey());
        return switch (requirement.getOperator()) {
            case "In" -> value != null && requirement.getValues().contains(value);
            case "NotIn" -> value == null || !requirement.getValues().contains(value);
            case "Exists" -> value != null;
            case "DoesNotExist" -> value == null;
            default -> false;
        };
    }
}
