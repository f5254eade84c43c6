package io.telepresence.manager.engagement;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.telepresence.agree.AgentNames;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the engagements that an administrator revokes: their ids stand in the key {@code revoke} of the manager's
 * ConfigMap, one a line, and are taken out when that is done. It looks every few seconds; one thread.
 */
public final class RevocationWatcher {
    static final String KEY = "revoke";

    private static final Logger LOG = LoggerFactory.getLogger(RevocationWatcher.class);
    private static final int CONFLICT = 409;

    private final EngagementRegistry engagements;
    private final Source source;
    private final Revoked revoked;
    private boolean complained;

    /** Hears of each id that is revoked; there may be no engagement of that id. */
    public interface Revoked {
        void revoked(String id, Optional<RegisteredEngagement> engagement);
    }

    /** The ConfigMap. Calls block. */
    public interface Source {
        Optional<ConfigMap> get();

        /** @throws KubernetesClientException with 409 if somebody else has changed it since */
        void put(ConfigMap changed);
    }

    public RevocationWatcher(EngagementRegistry engagements, Source source, Revoked revoked) {
        this.engagements = engagements;
        this.source = source;
        this.revoked = revoked;
    }

    /** @param namespace of the manager */
    public static RevocationWatcher reading(
            KubernetesClient client, String namespace, EngagementRegistry engagements, Revoked revoked) {
        Source source = new Source() {
            @Override
            public Optional<ConfigMap> get() {
                return Optional.ofNullable(client.configMaps()
                        .inNamespace(namespace)
                        .withName(AgentNames.MANAGER_APP)
                        .get());
            }

            @Override
            public void put(ConfigMap changed) {
                client.resource(changed).update();
            }
        };
        return new RevocationWatcher(engagements, source, revoked);
    }

    /** Looks once. */
    public void sweep() {
        try {
            Optional<ConfigMap> found = source.get();
            String text =
                    found.map(ConfigMap::getData).map(data -> data.get(KEY)).orElse("");
            complained = false;
            if (!text.isBlank()) {
                revoke(text.lines().map(String::strip).filter(l -> !l.isEmpty()).toList());
                source.put(without(found.orElseThrow()));
            }
        } catch (KubernetesClientException e) {
            if (e.getCode() != CONFLICT && !complained) {
                complained = true;
                LOG.warn("ConfigMap {} cannot be read or changed: nothing can be revoked", AgentNames.MANAGER_APP, e);
            }
        }
    }

    private void revoke(List<String> ids) {
        for (String id : ids) {
            Optional<RegisteredEngagement> engagement = engagements.find(id);
            revoked.revoked(id, engagement);
            if (engagement.isPresent()) {
                LOG.info("the {} is revoked", engagement.get().described());
                engagements.expel(id, "revoked by an administrator");
            } else {
                LOG.warn("an engagement was revoked that does not exist");
            }
        }
    }

    /** With its resource version, so that what was added meanwhile is not lost. */
    private static ConfigMap without(ConfigMap map) {
        Map<String, String> data = new java.util.LinkedHashMap<>(map.getData());
        data.remove(KEY);
        return new ConfigMapBuilder(map).withData(data).build();
    }
}
