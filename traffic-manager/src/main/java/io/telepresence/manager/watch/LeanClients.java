package io.telepresence.manager.watch;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonIncludeProperties;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.KubernetesResource;
import io.fabric8.kubernetes.api.model.NodeStatus;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;

/**
 * Clients for watching, which skip what {@link ObjectTrim} would take away while they parse: more than half of what the API
 * server sends of a pod never becomes an object. What they read must not be written back.
 */
final class LeanClients {
    private static final Map<Class<?>, Class<?>> ALL =
            Map.of(ObjectMeta.class, Meta.class, NodeStatus.class, OfNodeStatus.class);
    private static final Map<Class<?>, Class<?>> PODS =
            Map.of(ObjectMeta.class, Meta.class, PodSpec.class, OfPodSpec.class, Container.class, OfContainer.class);

    private LeanClients() {}

    /** For kinds other than pods. */
    static KubernetesClient objects(KubernetesClient like, List<Class<? extends KubernetesResource>> kinds) {
        return client(like, ALL, kinds);
    }

    static KubernetesClient pods(KubernetesClient like) {
        return client(like, PODS, List.of(Pod.class));
    }

    private static KubernetesClient client(
            KubernetesClient like, Map<Class<?>, Class<?>> skipping, List<Class<? extends KubernetesResource>> kinds) {
        JsonMapper.Builder mapper = JsonMapper.builder()
                .addModule(new SimpleModule("shared-strings").addDeserializer(String.class, new SharedStrings()));
        skipping.forEach(mapper::addMixIn);
        KubernetesSerialization json = new KubernetesSerialization(mapper.build(), false);
        kinds.forEach(json::registerKubernetesResource);
        json.registerKubernetesResource(io.fabric8.kubernetes.api.model.Status.class);
        return new KubernetesClientBuilder()
                .withConfig(like.getConfiguration())
                .withKubernetesSerialization(json)
                .withHttpClientBuilderConsumer(
                        http -> http.addOrReplaceInterceptor("compressed-lists", new CompressedLists()))
                .build();
    }

    @JsonIgnoreProperties("managedFields")
    private interface Meta {}

    @JsonIncludeProperties("addresses")
    private interface OfNodeStatus {}

    @JsonIgnoreProperties({"volumes", "tolerations", "affinity"})
    private interface OfPodSpec {}

    @JsonIgnoreProperties({"env", "volumeMounts"})
    private interface OfContainer {}
}
