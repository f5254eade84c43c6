package io.telepresence.manager.network;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.telepresence.base.Cidr;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the API server for the service subnets: the ServiceCIDR API where it exists (Kubernetes 1.33), else a dry run
 * that creates a Service with an impossible address, whose refusal names the range. Blocks.
 */
final class ServiceCidrs {
    private static final Logger LOG = LoggerFactory.getLogger(ServiceCidrs.class);
    private static final Pattern RANGE = Pattern.compile("range of valid IPs is ([0-9a-fA-F.:]+/\\d+)");

    private final KubernetesClient client;
    private final String ownNamespace;

    ServiceCidrs(KubernetesClient client, String ownNamespace) {
        this.client = client;
        this.ownNamespace = ownNamespace;
    }

    /** Empty: the API server does not tell; then the addresses of the services have to do. */
    List<Cidr> read() {
        for (String version : List.of("v1", "v1beta1")) {
            List<Cidr> found = fromApi(version);
            if (!found.isEmpty()) {
                return found;
            }
        }
        List<Cidr> found = new ArrayList<>();
        found.addAll(fromRefusal("203.0.113.1", "IPv4"));
        found.addAll(fromRefusal("2001:db8::1", "IPv6"));
        return found;
    }

    private List<Cidr> fromApi(String version) {
        ResourceDefinitionContext kind = new ResourceDefinitionContext.Builder()
                .withGroup("networking.k8s.io")
                .withVersion(version)
                .withKind("ServiceCIDR")
                .withPlural("servicecidrs")
                .withNamespaced(false)
                .build();
        try {
            GenericKubernetesResourceList list =
                    client.genericKubernetesResources(kind).list();
            return list.getItems().stream().flatMap(i -> cidrs(i).stream()).toList();
        } catch (KubernetesClientException e) {
            LOG.trace("no ServiceCIDR {}", version, e);
            return List.of();
        }
    }

    private static List<Cidr> cidrs(GenericKubernetesResource serviceCidr) {
        return serviceCidr.get("spec", "cidrs") instanceof List<?> list
                ? list.stream().map(c -> Cidr.parseSubnet(c.toString())).toList()
                : List.of();
    }

    private List<Cidr> fromRefusal(String impossible, String family) {
        Service service = new ServiceBuilder()
                .withNewMetadata()
                .withGenerateName("telepresence-subnet-")
                .withNamespace(ownNamespace)
                .endMetadata()
                .withNewSpec()
                .withClusterIP(impossible)
                .withIpFamilies(family)
                .addNewPort()
                .withPort(80)
                .endPort()
                .endSpec()
                .build();
        try {
            client.services()
                    .inNamespace(ownNamespace)
                    .resource(service)
                    .dryRun(true)
                    .create();
            return List.of();
        } catch (KubernetesClientException e) {
            return parseRefusal(String.valueOf(e.getMessage()));
        }
    }

    /** The range that the sentence names, if it does. */
    static List<Cidr> parseRefusal(String message) {
        Matcher range = RANGE.matcher(message);
        return range.find() ? List.of(Cidr.parseSubnet(range.group(1))) : List.of();
    }
}
