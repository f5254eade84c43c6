package io.telepresence.cli.daemon;

import java.util.List;
import java.util.Map;

/**
 * An intercept as the manager tells of it.
 *
 * @param id {@code <session id>:<name>}
 * @param disposition ACTIVE, WAITING, or why not
 */
public record Engagement(
        String id,
        String name,
        String client,
        State state,
        Target target,
        List<Port> ports,
        Map<String, String> environment) {
    public record State(String disposition, String message) {
        public String text() {
            return disposition.equals("ACTIVE") || disposition.equals("WAITING")
                    ? disposition
                    : "error: " + disposition + ": " + message;
        }
    }

    /** What is engaged, and where on the laptop its traffic goes. */
    public record Target(String workload, String workloadKind, String namespace, String host, String podIp) {}

    /**
     * One port.
     *
     * @param service name of the service; empty where the workload has none
     * @param protocol TCP or UDP
     */
    public record Port(
            String protocol, int local, int container, String service, String servicePortName, int servicePort) {}
}
