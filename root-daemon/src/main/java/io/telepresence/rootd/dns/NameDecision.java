package io.telepresence.rootd.dns;

import java.net.InetAddress;
import java.util.List;

/** Who answers a question. */
sealed interface NameDecision {
    /** Not ours: the machine's own resolver answers, unchanged. */
    record Local() implements NameDecision {}

    /**
     * The machine's own resolver is asked; only where it says that there is no such name, the cluster is asked for each name
     * in turn.
     */
    record LocalFirst(List<String> names) implements NameDecision {
        public LocalFirst {
            names = List.copyOf(names);
        }
    }

    /** Ours, and there is no such name. */
    record NoSuchName() implements NameDecision {}

    /** We know the addresses. */
    record Addresses(List<InetAddress> addresses) implements NameDecision {}

    /** A reverse name that we know. */
    record Pointer(String target) implements NameDecision {}

    /** The user gave the name another one. */
    record Alias(String target) implements NameDecision {}

    /**
     * The cluster is asked for each name in turn until one exists.
     *
     * @param elseLocal whether the machine's own resolver is asked when none does
     */
    record Cluster(List<String> names, boolean elseLocal) implements NameDecision {
        public Cluster {
            names = List.copyOf(names);
        }
    }
}
