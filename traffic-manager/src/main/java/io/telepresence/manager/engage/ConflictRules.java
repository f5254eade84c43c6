package io.telepresence.manager.engage;

import io.telepresence.fault.Fault;
import io.telepresence.manager.engage.Engagement.EngagedPort;
import java.util.Collection;
import java.util.Optional;

/** Who may engage what beside whom. Pure. */
final class ConflictRules {
    private ConflictRules() {}

    /**
     * @param others every other engagement; those of the same client have ids with the same session
     * @return why the wished one cannot be; empty: it can
     */
    static Optional<Fault> judge(Engagement wished, Collection<Engagement> others) {
        for (Engagement other : others) {
            if (other.id().equals(wished.id())) {
                return Optional.of(Fault.user(
                        wished.spec().kind().title() + " named \""
                                + wished.spec().name() + "\" already exists",
                        "Choose another name, or end it with: telepresence leave "
                                + wished.spec().name()));
            }
        }
        for (Engagement other : others) {
            Optional<EngagedPort> shared = sharedPort(wished, other);
            if (shared.isPresent()) {
                return Optional.of(Fault.user(
                        "port " + shared.get().containerPort() + " of " + wished.workload()
                                + " is already engaged by " + other.client() + ": conflicts with the "
                                + other.spec().kind().title().toLowerCase(java.util.Locale.ROOT) + " \""
                                + other.spec().name() + "\"",
                        "It ends when " + other.client() + " leaves it or quits"));
            }
        }
        return Optional.empty();
    }

    private static Optional<EngagedPort> sharedPort(Engagement wished, Engagement other) {
        boolean bothTake =
                wished.spec().kind().takesPort() && other.spec().kind().takesPort();
        boolean stands = other.disposition() != Engagement.Disposition.BAD_ARGS;
        if (!bothTake || !stands || !wished.workload().equals(other.workload())) {
            return Optional.empty();
        }
        return wished.ports().stream()
                .filter(p -> other.ports().stream()
                        .anyMatch(o -> o.containerPort() == p.containerPort() && o.udp() == p.udp()))
                .findFirst();
    }
}
