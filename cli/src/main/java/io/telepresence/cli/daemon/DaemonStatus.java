package io.telepresence.cli.daemon;

import io.telepresence.agree.Routing;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the daemons say of themselves.
 *
 * @param root empty: the root daemon is not running
 * @param manager empty: not connected
 * @param troubles what is wrong now, one sentence each
 * @param docker empty: the daemon is on this machine itself
 */
public record DaemonStatus(
        Program program,
        Connection connection,
        List<ClientEngagement> engagements,
        Optional<Root> root,
        Optional<Manager> manager,
        List<String> troubles,
        Optional<Docker> docker) {
    /**
     * About a daemon in a container.
     *
     * @param helped whether its helper on this machine is there, which knows kubeconfigs
     */
    public record Docker(String hostname, boolean helped) {}

    public record Program(String version, String executable, String installId) {}

    /**
     * The session.
     *
     * @param name empty: there is none
     * @param status one of the documented status texts
     */
    public record Connection(String name, String status, String error, Cluster cluster) {}

    /** @param user as the traffic-manager knows the user; empty: it does not */
    public record Cluster(
            String server,
            String context,
            String namespace,
            String managerNamespace,
            List<String> mappedNamespaces,
            String user) {}

    public record Root(String version, Optional<Dns> dns, Subnets subnets, List<String> warnings) {}

    /** DNS as the laptop sees it; addresses may be empty. {@code mappings}: names, and what they stand for. */
    public record Dns(
            String error,
            String localAddress,
            String remoteIp,
            Suffixes suffixes,
            Map<String, String> mappings,
            long timeoutMillis) {}

    public record Suffixes(List<String> include, List<String> exclude, List<String> excludedNames) {}

    /** In CIDR notation. {@code leftOut}: what the cluster has, but cannot be mapped here. */
    public record Subnets(List<String> mapped, Routing routing, List<String> leftOut) {}

    public record Manager(String version, String agentImage) {}

    /** There is a session, but its traffic-manager is out of reach at the moment. */
    public boolean reconnecting() {
        return !connected() && !connection.name().isEmpty();
    }

    public boolean connected() {
        return manager.isPresent() || connection.status().equals("Connected");
    }
}
