package io.telepresence.manager.watch;

import io.fabric8.kubernetes.api.model.APIGroup;
import io.fabric8.kubernetes.api.model.APIResourceList;
import io.fabric8.kubernetes.api.model.GroupVersionForDiscovery;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import java.util.Optional;

/** What the API server itself says that it serves: the way to choose between versions of one kind. Blocks. */
public final class ApiGroups {
    private ApiGroups() {}

    /** The versions of that group; empty where the API server has no such group. */
    static List<String> versions(KubernetesClient client, String group) {
        APIGroup found = client.getApiGroup(group);
        return found == null
                ? List.of()
                : found.getVersions().stream()
                        .map(GroupVersionForDiscovery::getVersion)
                        .toList();
    }

    /** @param groupVersion such as {@code batch/v1}, which may be there without all of its kinds */
    public static boolean serves(KubernetesClient client, String groupVersion, String plural) {
        APIResourceList found = client.getApiResources(groupVersion);
        return found != null
                && found.getResources().stream().anyMatch(r -> r.getName().equals(plural));
    }

    /** The first of {@code wanted} that the API server has; empty: none of them. */
    public static Optional<String> first(KubernetesClient client, String group, String... wanted) {
        List<String> served = versions(client, group);
        return List.of(wanted).stream().filter(served::contains).findFirst();
    }
}
