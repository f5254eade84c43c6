package io.telepresence.manager.config;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import io.telepresence.manager.policy.EngagementPolicy;
import io.telepresence.manager.sidecar.VolumeRules;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** The setting {@code policies}. Pure. */
final class PolicySettings {
    private static final Pattern LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
    private static final String LABELS = "a name of small letters, digits and dashes, at most 63 characters";
    private static final Pattern HEADER = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}");
    private static final Set<String> OPERATORS = Set.of("In", "NotIn", "Exists", "DoesNotExist");

    private PolicySettings() {}

    static List<EngagementPolicy> of(SettingsObject root) {
        Set<String> names = new HashSet<>();
        List<EngagementPolicy> policies = new ArrayList<>();
        for (SettingsObject policy : root.objects("policies")) {
            String name = policy.text("name", "");
            if (!LABEL.matcher(name).matches()) {
                policy.fault("name", '"' + name + '"', LABELS);
            } else if (!names.add(name)) {
                policy.fault("name", '"' + name + '"', "another name than that of the other policies");
            }
            policies.add(new EngagementPolicy(name, labels(policy, "namespaces"), selector(policy), rules(policy)));
        }
        return List.copyOf(policies);
    }

    private static EngagementPolicy.Rules rules(SettingsObject policy) {
        String header = policy.text("requireHeader", "");
        if (!header.isEmpty() && !HEADER.matcher(header).matches()) {
            policy.fault("requireHeader", '"' + header + '"', "the name of an HTTP header such as X-Dev");
        }
        return new EngagementPolicy.Rules(
                policy.flag("forbidUnfiltered", false),
                policy.flag("forbidReplace", false),
                policy.flag("wiretapOnly", false),
                header,
                new VolumeRules.Limits(
                        labels(policy, "forbidMounts"),
                        policy.flag("forbidServiceAccountTokens", false),
                        policy.flag("forbidReadWriteMounts", false)),
                policy.duration("maxDuration", Duration.ZERO));
    }

    private static Set<String> labels(SettingsObject policy, String key) {
        Set<String> labels = new LinkedHashSet<>();
        for (String label : policy.texts(key)) {
            if (LABEL.matcher(label).matches()) {
                labels.add(label);
            } else {
                policy.fault(key, '"' + label + '"', "a list of names of small letters, digits and dashes");
            }
        }
        return labels;
    }

    /** As Kubernetes has it; without one all are selected. */
    private static LabelSelector selector(SettingsObject policy) {
        if (!policy.has("selector")) {
            return null;
        }
        SettingsObject selector = policy.object("selector");
        LabelSelectorBuilder built = new LabelSelectorBuilder().withMatchLabels(selector.map("matchLabels"));
        for (SettingsObject expression : selector.objects("matchExpressions")) {
            String key = expression.text("key", "");
            String operator = expression.text("operator", "");
            List<String> values = expression.texts("values");
            if (key.isEmpty()) {
                expression.fault("key", "\"\"", "the name of a label");
            }
            if (!OPERATORS.contains(operator)) {
                expression.fault("operator", '"' + operator + '"', "In, NotIn, Exists or DoesNotExist");
            } else if (operator.endsWith("In") == values.isEmpty()) {
                expression.fault("values", values.toString(), "a list with In and NotIn, and missing otherwise");
            }
            built.addToMatchExpressions(new LabelSelectorRequirement(key, operator, values));
        }
        return built.build();
    }
}
