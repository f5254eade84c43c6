package io.telepresence.agent.mirror;

import java.time.Duration;

/**
 * How much copies may cost. Beyond any of it copies are cut or not begun, and counted; originals go on.
 *
 * @param copyBytes most bytes that wait, or are being sent, for one connection or request
 * @param engagementBytes the same for all copies of one engagement
 * @param agentBytes the same for all copies of this agent
 * @param engagementFlows most copies of one engagement at once
 * @param agentFlows most copies at once
 * @param opening most copies of one engagement whose laptop has not dialled yet
 * @param quiet how long a laptop's answer to a request must pause to count as whole, where its end cannot be seen
 * @param linger how long a laptop may take to answer a request, and then to end a connection that we have ended; twice
 *     that after the original's end every copy is over
 */
public record MirrorLimits(
        int copyBytes,
        long engagementBytes,
        long agentBytes,
        int engagementFlows,
        int agentFlows,
        int opening,
        Duration quiet,
        Duration linger) {
    public static final MirrorLimits DEFAULT = new MirrorLimits(
            512 << 10, 8 << 20, 16 << 20, 1024, 2048, 256, Duration.ofSeconds(1), Duration.ofSeconds(60));
}
