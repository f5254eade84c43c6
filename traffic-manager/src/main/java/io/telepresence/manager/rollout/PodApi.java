package io.telepresence.manager.rollout;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.StatusCause;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.NamespacedKubernetesClient;
import io.fabric8.kubernetes.client.RequestConfig;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import io.fabric8.kubernetes.client.dsl.PodResource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.telepresence.agree.AgentNames;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ObjectNode;

/** Changes to single pods, each bound to the pod's uid. A pod that is gone, or another by now, is no error. */
public final class PodApi implements PodTurns.Waiters {
    private static final int BAD_REQUEST = 400;
    private static final int NOT_FOUND = 404;
    private static final int CONFLICT = 409;
    private static final int TOO_MANY = 429;
    private static final int SERVER_ERROR = 500;

    private final KubernetesClient client;
    private final ObjectMapper json = new ObjectMapper();

    public PodApi(KubernetesClient client) {
        this.client = client;
    }

    /** The pod as it is now; null if it is gone. */
    Pod get(Pod pod) {
        Pod now = resource(pod).get();
        return now != null
                        && now.getMetadata().getUid().equals(pod.getMetadata().getUid())
                ? now
                : null;
    }

    /** A null value takes a key away. */
    void patch(Pod pod, Map<String, String> labels, Map<String, String> annotations) {
        ObjectNode patch = json.createObjectNode();
        ObjectNode metadata = patch.putObject("metadata");
        metadata.put("uid", pod.getMetadata().getUid());
        ObjectNode labelNode = metadata.putObject("labels");
        labels.forEach(labelNode::put);
        ObjectNode annotationNode = metadata.putObject("annotations");
        annotations.forEach(annotationNode::put);
        unlessGone(() -> resource(pod).patch(PatchContext.of(PatchType.JSON_MERGE), patch.toString()));
    }

    @Override
    public void beat(Pod pod, long now) {
        patch(pod, Map.of(), Map.of(AgentNames.WAITING, Long.toString(now)));
    }

    @Override
    public void release(Pod pod) {
        ObjectNode patch = json.createObjectNode();
        ObjectNode metadata = patch.putObject("metadata");
        metadata.put("uid", pod.getMetadata().getUid());
        metadata.putObject("annotations").putNull(AgentNames.WAITING);
        if (pod.getSpec().getSchedulingGates().stream().anyMatch(gate -> AgentNames.GATE.equals(gate.getName()))) {
            patch.putObject("spec")
                    .putArray("schedulingGates")
                    .addObject()
                    .put("name", AgentNames.GATE)
                    .put("$patch", "delete");
        }
        unlessGone(() -> resource(pod).patch(PatchContext.of(PatchType.STRATEGIC_MERGE), patch.toString()));
    }

    /**
     * With the grace that the pod itself asks for.
     *
     * @return empty: it goes; else the disruption budget that forbids it now, as a sentence
     */
    Optional<String> evict(Pod pod) {
        try {
            unlessGone(() -> evictNow(pod));
            return Optional.empty();
        } catch (KubernetesClientException e) {
            String said = causes(e);
            if (e.getCode() == TOO_MANY || e.getCode() == SERVER_ERROR && said.contains("PodDisruptionBudget")) {
                return Optional.of(said);
            }
            throw e;
        }
    }

    /** The API server names the budget in the causes; the message says only that there is one. */
    private static String causes(KubernetesClientException e) {
        Status status = e.getStatus();
        if (status == null) {
            return String.valueOf(e.getMessage());
        }
        String causes = status.getDetails() == null || status.getDetails().getCauses() == null
                ? ""
                : String.join(
                        "; ",
                        status.getDetails().getCauses().stream()
                                .map(StatusCause::getMessage)
                                .filter(Objects::nonNull)
                                .toList());
        return causes.isEmpty() ? String.valueOf(status.getMessage()) : causes;
    }

    /** Before Kubernetes 1.22 there is only policy/v1beta1, today there is only policy/v1. */
    private Object evictNow(Pod pod) {
        try {
            return post(pod, eviction(pod, "policy/v1"));
        } catch (KubernetesClientException e) {
            boolean unknownVersion = e.getCode() == BAD_REQUEST || e.getCode() == NOT_FOUND && get(pod) != null;
            if (!unknownVersion) {
                throw e;
            }
            return post(pod, eviction(pod, "policy/v1beta1"));
        }
    }

    /** "Too many requests" is an answer here, which the client would ask for again ten times by itself. */
    private Object post(Pod pod, ObjectNode eviction) {
        RequestConfig once = new RequestConfigBuilder(client.getConfiguration().getRequestConfig())
                .withRequestRetryBackoffLimit(0)
                .build();
        return client.adapt(NamespacedKubernetesClient.class)
                .withRequestConfig(once)
                .call(c -> c.raw(path(pod) + "/eviction", "POST", eviction));
    }

    private ObjectNode eviction(Pod pod, String version) {
        ObjectNode eviction = json.createObjectNode();
        eviction.put("apiVersion", version).put("kind", "Eviction");
        eviction.putObject("metadata")
                .put("name", pod.getMetadata().getName())
                .put("namespace", pod.getMetadata().getNamespace());
        eviction.set("deleteOptions", options(pod));
        return eviction;
    }

    private ObjectNode options(Pod pod) {
        ObjectNode options = json.createObjectNode();
        options.put("apiVersion", "v1").put("kind", "DeleteOptions");
        options.putObject("preconditions").put("uid", pod.getMetadata().getUid());
        return options;
    }

    private static void unlessGone(Callable<?> call) {
        try {
            call.call();
        } catch (KubernetesClientException e) {
            if (e.getCode() != NOT_FOUND && e.getCode() != CONFLICT) {
                throw e;
            }
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private PodResource resource(Pod pod) {
        return client.pods()
                .inNamespace(pod.getMetadata().getNamespace())
                .withName(pod.getMetadata().getName());
    }

    private static String path(Pod pod) {
        return "/api/v1/namespaces/" + pod.getMetadata().getNamespace() + "/pods/"
                + pod.getMetadata().getName();
    }
}
