package io.telepresence.e2e.rights;

import java.time.Instant;

/**
 * A call of a traffic-manager, or of its hook.
 *
 * @param from namespace of the account
 * @param pod UID of the caller; empty: the log does not say
 * @param role that has allowed it, as in {@link Grant}; empty: none of one of the chart's names
 * @param resource as in {@link Grant}
 * @param namespace empty: of the cluster
 */
record Call(
        Instant at,
        String from,
        String pod,
        boolean refused,
        String role,
        String verb,
        String resource,
        String name,
        String namespace) {

    String described() {
        return verb + " " + resource + (namespace.isEmpty() ? "" : " in namespace " + namespace);
    }
}
