package io.telepresence.cli.daemon;

import java.util.List;

/**
 * Where a request would go.
 *
 * @param rules in the order in which the agents judge them, wiretaps last
 * @param taker id of the engagement that takes it; empty: the application
 * @param recent newest last
 * @param policies what policies say of the workload, one clause each
 */
public record Explanation(
        Workload workload, List<Rule> rules, String taker, List<Verdict> recent, List<String> policies) {
    public record Workload(String kind, String name, String namespace, int containerPort) {}

    /** One engagement; {@code takes}: it takes the request, or gets a copy. */
    public record Rule(ClientEngagement engagement, boolean takes, String reason) {}

    /**
     * Where one real request went.
     *
     * @param timeMillis Unix time
     * @param taker id of the engagement that took it; empty: the application
     * @param taps ids of the wiretaps that got a copy
     * @param failedOpen it matched, but the laptop did not answer
     */
    public record Verdict(
            long timeMillis,
            String pod,
            int port,
            String method,
            String path,
            String taker,
            List<String> taps,
            boolean failedOpen) {}
}
