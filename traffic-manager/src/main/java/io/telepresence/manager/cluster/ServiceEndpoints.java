package io.telepresence.manager.cluster;

import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.telepresence.manager.watch.ApiGroups;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Which pods a Service leads to, ready or not: read from EndpointSlices, v1 (Kubernetes 1.21) or v1beta1, and only
 * where the API server has neither from Endpoints, which is deprecated since 1.33. Blocks.
 */
public final class ServiceEndpoints {
    private static final String GROUP = "discovery.k8s.io";
    private static final String SERVICE_NAME = "kubernetes.io/service-name";

    private final Function<Service, Stream<ObjectReference>> targets;

    private ServiceEndpoints(Function<Service, Stream<ObjectReference>> targets) {
        this.targets = targets;
    }

    /** Asks the API server which of the kinds it has. What it has may change when it is upgraded: do not keep it long. */
    public static ServiceEndpoints of(KubernetesClient client) {
        return new ServiceEndpoints(
                switch (ApiGroups.first(client, GROUP, "v1", "v1beta1").orElse("")) {
                    case "v1" -> service -> slices(client, service);
                    case "v1beta1" -> service -> betaSlices(client, service);
                    default -> service -> endpoints(client, service);
                });
    }

    /** Whether the pod is an endpoint of the service. */
    public boolean lead(Service service, Pod pod) {
        String uid = pod.getMetadata().getUid();
        return targets.apply(service).filter(Objects::nonNull).anyMatch(target -> uid.equals(target.getUid()));
    }

    private static Stream<ObjectReference> slices(KubernetesClient client, Service service) {
        return client
                .discovery()
                .v1()
                .endpointSlices()
                .inNamespace(service.getMetadata().getNamespace())
                .withLabel(SERVICE_NAME, service.getMetadata().getName())
                .list()
                .getItems()
                .stream()
                .flatMap(slice -> slice.getEndpoints().stream())
                .map(endpoint -> endpoint.getTargetRef());
    }

    private static Stream<ObjectReference> betaSlices(KubernetesClient client, Service service) {
        return client
                .discovery()
                .v1beta1()
                .endpointSlices()
                .inNamespace(service.getMetadata().getNamespace())
                .withLabel(SERVICE_NAME, service.getMetadata().getName())
                .list()
                .getItems()
                .stream()
                .flatMap(slice -> slice.getEndpoints().stream())
                .map(endpoint -> endpoint.getTargetRef());
    }

    private static Stream<ObjectReference> endpoints(KubernetesClient client, Service service) {
        Endpoints endpoints = client.endpoints()
                .inNamespace(service.getMetadata().getNamespace())
                .withName(service.getMetadata().getName())
                .get();
        return endpoints == null
                ? Stream.empty()
                : endpoints.getSubsets().stream()
                        .flatMap(subset ->
                                Stream.concat(subset.getAddresses().stream(), subset.getNotReadyAddresses().stream()))
                        .map(address -> address.getTargetRef());
    }
}
