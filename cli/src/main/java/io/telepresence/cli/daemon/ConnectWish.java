package io.telepresence.cli.daemon;

import java.util.List;

/**
 * What {@code connect} asks for.
 *
 * @param namespace empty: from the kube context
 * @param managerNamespace empty: from the configuration
 */
public record ConnectWish(
        KubeFlags kube, String name, String namespace, String managerNamespace, Subnets subnets, List<String> mapped) {
    /** CIDRs as typed. */
    public record Subnets(List<String> alsoProxy, List<String> neverProxy, List<String> allowConflicting) {}
}
