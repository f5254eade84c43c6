package io.telepresence.cli.daemon;

import java.util.List;

/**
 * A workload that the manager knows.
 *
 * @param agentVersion empty: no agent is installed
 * @param notInterceptable why not; empty: it can be engaged
 * @param policies what policies say of it, one clause each
 * @param coverage how many of its pods the engagements reach
 */
public record ListedWorkload(
        String kind,
        String name,
        String namespace,
        String uid,
        String agentVersion,
        String notInterceptable,
        List<String> policies,
        Coverage coverage,
        List<ClientEngagement> engagements) {

    /**
     * @param pods how many are ready
     * @param bypasses the ready pods that its engagements do not reach
     * @param earlier how many have an agent of another image than new pods get
     */
    public record Coverage(int pods, List<Bypass> bypasses, int earlier) {
        public static final Coverage NONE = new Coverage(0, List.of(), 0);

        public boolean whole() {
            return bypasses.isEmpty();
        }

        /** How many pods the engagements reach. */
        public int reached() {
            return pods - bypasses.size();
        }
    }

    /** A ready pod that its engagements do not reach, and why. */
    public record Bypass(String pod, String reason) {}

    /** Without where volumes are, for whoever cannot reach them there. */
    public ListedWorkload withoutMounts() {
        return new ListedWorkload(
                kind,
                name,
                namespace,
                uid,
                agentVersion,
                notInterceptable,
                policies,
                coverage,
                engagements.stream().map(ClientEngagement::withoutMount).toList());
    }
}
