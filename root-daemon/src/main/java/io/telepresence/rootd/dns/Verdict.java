package io.telepresence.rootd.dns;

import java.net.InetAddress;
import java.util.List;

/** Who answers a question. */
sealed interface Verdict {
    /** Not ours: the machine's own resolver answers, unchanged. */
    record Local() implements Verdict {}

    /**
     * The machine's own resolver is asked; only where it says that there is no such name, the cluster is asked for each name
     * in turn.
     */
    record LocalFirst(List<String> names) implements Verdict {
        public LocalFirst {
            names = List.copyOf(names);
        }
    }

    /** Ours, and there is no such name. */
    record NoSuchName() implements Verdict {}

    /** We know the addresses. */
    record Addresses(List<InetAddress> addresses) implements Verdict {}

    /** A reverse name that we know. */
    record Pointer(String target) implements Verdict {}

    /** The user gave the name another one. */
    record Alias(String target) implements Verdict {}

    /**
     * The cluster is asked for each name in turn until one exists.
     *
     * @param elseLocal whether the machine's own resolver is asked when none does
     */
    record Cluster(List<String> names, boolean elseLocal) implements Verdict {
        public Cluster {
            names = List.copyOf(names);
        }
    }
}
