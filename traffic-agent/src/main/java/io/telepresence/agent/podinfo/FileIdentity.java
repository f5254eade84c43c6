package io.telepresence.agent.podinfo;

import java.util.List;

/**
 * Who somebody is to a file system.
 *
 * @param groups besides {@code group}
 */
public record FileIdentity(long user, long group, List<Long> groups) {
    public FileIdentity {
        groups = List.copyOf(groups);
    }
}
