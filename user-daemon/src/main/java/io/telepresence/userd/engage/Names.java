package io.telepresence.userd.engage;

import io.telepresence.engagement.EngagementCodec;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.engagement.Engagement;
import io.telepresence.rpc.engagement.EngagementSpec;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Which engagement a name means. Intercepts and wiretaps have the name that the user gave; replaces and ingests are named
 * by workload and container, which the manager finds. Pure.
 */
final class Names {
    private Names() {}

    /** What the user says to mean one; container and namespace may be empty. */
    record Wanted(String name, String container, String namespace) {}

    /** Two engagements of one client must not have this in common while they start. */
    static String key(EngagementSpec spec) {
        return byWorkload(spec)
                ? spec.getKind() + "/" + spec.getNamespace() + "/" + spec.getWorkload() + "/" + spec.getContainer()
                : spec.getName();
    }

    /** Whether the new one is there already, as far as can be known before its container is. */
    static boolean same(EngagementSpec wished, EngagementSpec there, String container) {
        if (!byWorkload(wished)) {
            return wished.getName().equals(there.getName());
        }
        return wished.getKind() == there.getKind()
                && wished.getNamespace().equals(there.getNamespace())
                && wished.getWorkload().equals(there.getWorkload())
                && !wished.getContainer().isEmpty()
                && wished.getContainer().equals(container);
    }

    static Fault known(EngagementSpec spec) {
        if (byWorkload(spec)) {
            String container = spec.getContainer().isEmpty() ? "" : "the container \"" + spec.getContainer() + "\" of ";
            return Fault.user(
                    "there is " + article(spec) + " of " + container + spec.getWorkload() + " already",
                    "Leave it first");
        }
        return Fault.user(
                article(spec) + " named \"" + spec.getName() + "\" exists already",
                "Choose another name, or leave it first");
    }

    /**
     * The exact name first; else a replace or an ingest of the workload with that name; else anything of it.
     */
    static Entry find(Wanted wanted, List<Entry> all) throws FaultException {
        List<Entry> fitting = all.stream()
                .filter(e -> fits(wanted.container(), e.told.getContainer()))
                .filter(e -> fits(wanted.namespace(), e.told.getSpec().getNamespace()))
                .toList();
        List<Predicate<Engagement>> tiers = List.of(
                e -> e.getSpec().getName().equals(wanted.name()),
                e -> byWorkload(e.getSpec()) && e.getSpec().getWorkload().equals(wanted.name()),
                e -> e.getSpec().getWorkload().equals(wanted.name()));
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

    /** As in a sentence; a manager of a later version may tell of a kind that this one does not know. */
    static String kind(EngagementSpec spec) {
        return EngagementCodec.kind(spec.getKind()).map(EngagementKind::word).orElse("engagement");
    }

    private static String article(EngagementSpec spec) {
        return EngagementCodec.kind(spec.getKind())
                .map(EngagementKind::withArticle)
                .orElse("an engagement");
    }

    private static Fault several(Wanted wanted, List<Entry> found) {
        String names = found.stream()
                .map(e -> e.told.getSpec().getName() + " (" + e.told.getSpec().getNamespace() + ")")
                .collect(Collectors.joining(", "));
        return Fault.user(
                "\"" + wanted.name() + "\" has several engagements: " + names,
                "Say which with --container, and --namespace where they differ in it, or give the whole name");
    }

    private static boolean fits(String wanted, String has) {
        return wanted.isEmpty() || wanted.equals(has);
    }

    private static boolean byWorkload(EngagementSpec spec) {
        return EngagementCodec.kind(spec.getKind())
                .filter(EngagementKind::namedByContainer)
                .isPresent();
    }
}
