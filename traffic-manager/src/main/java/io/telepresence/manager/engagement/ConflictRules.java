package io.telepresence.manager.engagement;

import io.telepresence.engagement.EngagedPort;
import io.telepresence.engagement.EngagementState;
import io.telepresence.fault.Fault;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** Who may engage what beside whom. Pure. */
final class ConflictRules {
    private ConflictRules() {}

    /** One that stands in the way, and the sentence that says so. */
    record Conflict(RegisteredEngagement other, Fault fault) {}

    /** Why the client cannot have another one of that name; empty: it can. */
    static Optional<Fault> sameName(RegisteredEngagement desired, Collection<RegisteredEngagement> others) {
        return others.stream()
                .filter(desired::sameName)
                .findFirst()
                .map(other -> other.state() == EngagementState.TERMINATING
                        ? Fault.user(
                                desired.spec().kind().title() + " \""
                                        + desired.spec().name() + "\" is being ended at this moment",
                                "Try again once the container is back")
                        : Fault.user(
                                desired.spec().kind().title() + " named \""
                                        + desired.spec().name() + "\" already exists",
                                "Choose another name, or end it with: telepresence leave "
                                        + desired.spec().name()));
    }

    /**
     * Wiretaps and ingests are in nobody's way. Intercepts share a port if no request could belong to both; a replace
     * takes all of its ports, and its container for itself.
     *
     * @param others every other engagement
     */
    static List<Conflict> judge(RegisteredEngagement desired, Collection<RegisteredEngagement> others) {
        return others.stream()
                .filter(other -> stands(desired, other))
                .map(other -> conflict(desired, other))
                .flatMap(Optional::stream)
                .toList();
    }

    private static boolean stands(RegisteredEngagement desired, RegisteredEngagement other) {
        return !other.sameName(desired)
                && desired.spec().kind().takesTraffic()
                && other.spec().kind().takesTraffic()
                && desired.workload().equals(other.workload())
                && other.state() != EngagementState.REMOVED;
    }

    private static Optional<Conflict> conflict(RegisteredEngagement desired, RegisteredEngagement other) {
        boolean bothReplace =
                desired.spec().kind().replacesContainer() && other.spec().kind().replacesContainer();
        if (bothReplace && desired.container().equals(other.container())) {
            String text = other.state() == EngagementState.TERMINATING
                    ? "is being restored after the " + other.described()
                    : "is already replaced by " + other.client() + ": conflicts with the " + named(other);
            return Optional.of(new Conflict(
                    other,
                    Fault.user(
                            "container " + desired.container() + " of " + desired.workload() + " " + text,
                            remedy(other))));
        }
        if (other.state() == EngagementState.TERMINATING
                || !desired.spec().filter().conflictsWith(other.spec().filter())) {
            return Optional.empty();
        }
        return sharedPort(desired, other)
                .map(port -> new Conflict(
                        other,
                        Fault.user(
                                "port " + port.containerPort() + " of " + desired.workload()
                                        + " is already engaged by " + other.client() + ": conflicts with the "
                                        + named(other),
                                remedy(other))));
    }

    private static String named(RegisteredEngagement other) {
        String filter = other.spec().filter().takesEverything()
                ? ""
                : " (" + other.spec().filter().describe() + ")";
        return other.spec().kind().word() + " \"" + other.spec().name() + "\"" + filter;
    }

    private static String remedy(RegisteredEngagement other) {
        return "It ends when " + other.client() + " leaves it or quits"
                + (other.spec().kind().replacesContainer() ? "" : "; other HTTP filters can be used beside it");
    }

    private static Optional<EngagedPort> sharedPort(RegisteredEngagement desired, RegisteredEngagement other) {
        return desired.ports().stream()
                .filter(p -> other.ports().stream().anyMatch(o -> o.port().equals(p.port())))
                .findFirst();
    }
}
