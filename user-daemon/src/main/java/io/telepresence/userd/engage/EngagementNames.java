package io.telepresence.userd.engage;

import io.telepresence.engagement.Engagement;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Which engagement a name means. Intercepts and wiretaps have the name that the user gave; replaces and ingests are named
 * by workload and container, which the manager finds. Pure.
 */
final class EngagementNames {
    private EngagementNames() {}

    /** What the user says to mean one; container and namespace may be empty. */
    record Wanted(String name, String container, String namespace) {}

    /** Two engagements of one client must not have this in common while they start. */
    static String key(EngagementSpec spec) {
        return byWorkload(spec)
                ? spec.kind() + "/" + spec.namespace() + "/" + spec.workload() + "/" + spec.container()
                : spec.name();
    }

    /** Whether the new one is there already, as far as can be known before its container is. */
    static boolean same(EngagementSpec wished, EngagementSpec there, String container) {
        if (!byWorkload(wished)) {
            return wished.name().equals(there.name());
        }
        return wished.kind() == there.kind()
                && wished.namespace().equals(there.namespace())
                && wished.workload().equals(there.workload())
                && !wished.container().isEmpty()
                && wished.container().equals(container);
    }

    static Fault known(EngagementSpec spec) {
        if (byWorkload(spec)) {
            String container = spec.container().isEmpty() ? "" : "the container \"" + spec.container() + "\" of ";
            return Fault.user(
                    "there is already " + spec.kind().withArticle() + " of " + container + spec.workload(),
                    "Leave it first");
        }
        return Fault.user(
                spec.kind().withArticle() + " named \"" + spec.name() + "\" already exists",
                "Choose another name, or leave it first");
    }

    /**
     * The exact name first; else a replace or an ingest of the workload with that name; else anything of it.
     */
    static Entry find(Wanted wanted, List<Entry> all) throws FaultException {
        List<Entry> fitting = all.stream()
                .filter(e -> fits(wanted.container(), e.told.status().container()))
                .filter(e -> fits(wanted.namespace(), e.told.spec().namespace()))
                .toList();
        List<Predicate<Engagement>> tiers = List.of(
                e -> e.name().equals(wanted.name()),
                e -> byWorkload(e.spec()) && e.spec().workload().equals(wanted.name()),
                e -> e.spec().workload().equals(wanted.name()));
        for (Predicate<Engagement> tier : tiers) {
            List<Entry> found = fitting.stream().filter(e -> tier.test(e.told)).toList();
            if (found.size() > 1) {
                throw several(wanted, found).exception();
            }
            if (!found.isEmpty()) {
                return found.getFirst();
            }
        }
        throw Fault.user("Intercept named \"" + wanted.name() + "\" not found", "")
                .exception();
    }

    private static Fault several(Wanted wanted, List<Entry> found) {
        String names = found.stream()
                .map(e -> e.told.name() + " (" + e.told.spec().namespace() + ")")
                .collect(Collectors.joining(", "));
        return Fault.user(
                "\"" + wanted.name() + "\" has several engagements: " + names,
                "Say which with --container, and with --namespace if they differ in it, or give the whole name");
    }

    private static boolean fits(String wanted, String has) {
        return wanted.isEmpty() || wanted.equals(has);
    }

    private static boolean byWorkload(EngagementSpec spec) {
        return spec.kind().namedByContainer();
    }
}
