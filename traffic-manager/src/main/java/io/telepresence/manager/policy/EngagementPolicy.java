package io.telepresence.manager.policy;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.engagement.HeaderMatch;
import io.telepresence.fault.Fault;
import io.telepresence.manager.cluster.KubernetesWorkload;
import io.telepresence.manager.cluster.LabelSelectors;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.sidecar.VolumeRules;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * One policy: which workloads it is for, and what it forbids there. Pure.
 *
 * @param name a DNS label, which no other policy has
 * @param namespaces empty: all
 * @param selector of the workloads' own labels; null: selects all
 */
public record EngagementPolicy(String name, Set<String> namespaces, LabelSelector selector, Rules rules) {
    public EngagementPolicy {
        namespaces = Set.copyOf(namespaces);
    }

    /**
     * @param forbidUnfiltered nobody takes all traffic of a port
     * @param wiretapOnly nobody takes traffic
     * @param requiredHeader a filter of what takes traffic names it; empty: none
     * @param maxDuration after which an engagement is ended; zero: never
     */
    public record Rules(
            boolean forbidUnfiltered,
            boolean forbidReplace,
            boolean wiretapOnly,
            String requiredHeader,
            VolumeRules.Limits volumes,
            Duration maxDuration) {}

    boolean isFor(KubernetesWorkload workload) {
        return mayBeFor(workload.ref()) && LabelSelectors.selects(selector, workload.labels());
    }

    /** Whatever labels it has. */
    boolean mayBeFor(WorkloadRef workload) {
        return namespaces.isEmpty() || namespaces.contains(workload.namespace());
    }

    /** Why that must not be begun; empty: this policy allows it. */
    Optional<Fault> refusal(EngagementSpec spec, WorkloadRef workload) {
        EngagementKind kind = spec.kind();
        if (!kind.takesTraffic()) {
            return Optional.empty();
        }
        if (rules.wiretapOnly()) {
            return forbids(
                    kind.withArticle() + " of " + workload + ", whose traffic may only be copied", "Use a wiretap");
        }
        if (kind.replacesContainer() && rules.forbidReplace()) {
            return forbids("a replace of " + workload, "Use an intercept");
        }
        if (rules.forbidUnfiltered() && spec.filter().takesEverything()) {
            String without = kind.hasFilter() ? " without a filter" : "";
            return forbids(
                    kind.withArticle() + without + " of " + workload + ", which would take all traffic",
                    "Use an intercept with --http-header or --http-path-equal, --http-path-prefix, --http-path-regex");
        }
        return named(spec, rules.requiredHeader())
                ? Optional.empty()
                : forbids(
                        kind.withArticle() + " of " + workload + " whose filter does not name the header "
                                + rules.requiredHeader(),
                        "Use an intercept with --http-header " + rules.requiredHeader() + "=VALUE");
    }

    private static boolean named(EngagementSpec spec, String header) {
        return header.isEmpty()
                || spec.filter().headers().stream().map(HeaderMatch::name).anyMatch(header::equalsIgnoreCase);
    }

    private Optional<Fault> forbids(String what, String remedy) {
        return Optional.of(Fault.user(called() + " forbids " + what, remedy + "; policies are in: telepresence list"));
    }

    /** In a sentence. */
    String called() {
        return "policy \"" + name + "\"";
    }

    /** Its name and what it forbids, as a clause. */
    String described() {
        List<String> parts = new ArrayList<>();
        if (rules.wiretapOnly()) {
            parts.add("wiretaps only");
        }
        if (rules.forbidUnfiltered()) {
            parts.add("no intercept without a filter");
        }
        if (rules.forbidReplace()) {
            parts.add("no replace");
        }
        if (!rules.requiredHeader().isEmpty()) {
            parts.add("filters name the header " + rules.requiredHeader());
        }
        if (!rules.volumes().withheld().isEmpty()) {
            parts.add("without volumes "
                    + String.join(", ", new TreeSet<>(rules.volumes().withheld())));
        }
        if (rules.volumes().noTokens()) {
            parts.add("without service account tokens");
        }
        if (rules.volumes().readOnly()) {
            parts.add("volumes read-only");
        }
        if (!rules.maxDuration().isZero()) {
            parts.add("ended after " + words(rules.maxDuration()));
        }
        return name + (parts.isEmpty() ? "" : ": " + String.join(", ", parts));
    }

    /** As a Go duration: {@code 1h30m}. */
    static String words(Duration time) {
        String text = (time.toHours() > 0 ? time.toHours() + "h" : "")
                + (time.toMinutesPart() > 0 ? time.toMinutesPart() + "m" : "")
                + (time.toSecondsPart() > 0 ? time.toSecondsPart() + "s" : "");
        return text.isEmpty() ? time.toMillis() + "ms" : text;
    }
}
