package io.telepresence.manager.webhook;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.telepresence.agree.AgentNames;
import io.telepresence.manager.cluster.Pods;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.inject.PodHolding;
import io.telepresence.manager.inject.SidecarInjector;
import io.telepresence.manager.rollout.PodOwner;
import io.telepresence.manager.rollout.PodTurns;
import io.telepresence.rpc.agent.AgentConfig;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Answers admission reviews (admission.k8s.io/v1) of pods. It never refuses a pod: whatever fails here, the pod starts
 * without an agent and the log says why. Thread-safe.
 */
public final class Admission {
    /** Label of a pod that nobody will ever run, by which the API server's way to this webhook is checked. */
    static final String PROBE = "telepresence.io/webhook-probe";

    /** Annotation that such a pod gets here: the label's value. */
    static final String ANSWER = "telepresence.io/webhook-answer";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Logger LOG = LoggerFactory.getLogger(Admission.class);

    /** The workload behind a pod; may ask the API server. */
    public interface OwnerOf {
        Optional<PodOwner> find(ObjectMeta pod, String namespace);
    }

    /** The configuration that an agent in that pod gets. */
    public interface ConfigOf {
        AgentConfig configFor(WorkloadRef workload, ObjectMeta pod, PodSpec spec);
    }

    private final InjectionPolicy rules;
    private final SidecarInjector injector;
    private final OwnerOf owners;
    private final ConfigOf configs;
    private final PodTurns turns;
    private final PodHolding holding;
    private final KubernetesSerialization pods = new KubernetesSerialization();

    /** @param turns says which new pods must wait */
    public Admission(
            InjectionPolicy rules, SidecarInjector injector, OwnerOf owners, ConfigOf configs, PodTurns turns) {
        this.rules = rules;
        this.injector = injector;
        this.owners = owners;
        this.configs = configs;
        this.turns = turns;
        this.holding = new PodHolding(injector.look());
    }

    /** @throws IllegalArgumentException the document is no admission review */
    public byte[] review(byte[] document) {
        ReviewRequest request = ReviewRequest.of(document);
        ObjectNode answer = JSON.createObjectNode();
        answer.put("apiVersion", "admission.k8s.io/v1");
        answer.put("kind", "AdmissionReview");
        ObjectNode response = answer.putObject("response");
        response.put("uid", request.uid());
        response.put("allowed", true);
        JsonNode patch = request.pod() == null ? JSON.createArrayNode() : patch(request, document);
        if (!patch.isEmpty()) {
            response.put("patchType", "JSONPatch");
            response.put(
                    "patch", Base64.getEncoder().encodeToString(patch.toString().getBytes(StandardCharsets.UTF_8)));
        }
        return JSON.writeValueAsBytes(answer);
    }

    private JsonNode patch(ReviewRequest request, byte[] document) {
        try {
            int from = request.pod().from();
            Pod pod = pods.unmarshal(
                    new ByteArrayInputStream(document, from, request.pod().to() - from), Pod.class);
            if (pod.getMetadata() == null) {
                pod.setMetadata(new ObjectMeta());
            }
            Pod changed = change(pod, request.namespace());
            return changed == pod ? JSON.createArrayNode() : JsonPatch.between(tree(pod), tree(changed));
        } catch (RuntimeException e) {
            LOG.warn("a pod in namespace {} is let through as it is", request.namespace(), e);
            return JSON.createArrayNode();
        }
    }

    /** The same object where nothing is to be changed. */
    private Pod change(Pod pod, String namespace) {
        String probe = Pods.labels(pod).get(PROBE);
        if (probe != null) {
            return new PodBuilder(pod)
                    .editMetadata()
                    .addToAnnotations(ANSWER, probe)
                    .endMetadata()
                    .build();
        }
        Optional<PodOwner> owner = owners.find(pod.getMetadata(), namespace);
        PodTurns.Before before = owner.filter(_ -> rules.scope().manages(namespace))
                .map(o -> turns.before(o.workload()))
                .orElse(PodTurns.Before.NOTHING);
        Pod changed = before == PodTurns.Before.AN_END_OF_AGENTS ? pod : change(pod, namespace, owner);
        if (before == PodTurns.Before.NOTHING || Pods.annotations(pod).containsKey(AgentNames.WAITING)) {
            return changed;
        }
        WorkloadRef workload = owner.get().workload();
        if (!holding.byGate(pod) && !Pods.hasAgent(changed) && !turns.agentRan(workload)) {
            LOG.warn(
                    "a new pod of {} does not wait for the old one: it would need an image that cannot be had",
                    workload);
            return changed;
        }
        LOG.info("a new pod of {} waits until the old one has ended", workload);
        return holding.held(pod, changed, Instant.now().getEpochSecond());
    }

    private Pod change(Pod pod, String namespace, Optional<PodOwner> owner) {
        if (Pods.hasAgent(pod) && owner.isPresent() && rules.scope().manages(namespace)) {
            return SidecarInjector.refreshed(
                    pod, configs.configFor(owner.get().workload(), pod.getMetadata(), pod.getSpec()));
        }
        return switch (rules.verdict(pod, namespace, owner)) {
            case InjectionDecision.Leave leave -> {
                Level level =
                        InjectionPolicy.enabled(pod.getMetadata()) && !Pods.hasAgent(pod) ? Level.WARN : Level.DEBUG;
                LOG.atLevel(level).log("no agent for pod {} in {}: {}", nameOf(pod), namespace, leave.why());
                yield pod;
            }
            case InjectionDecision.Inject inject -> {
                LOG.info("agent for a pod of {}", inject.workload());
                yield injector.inject(pod, configs.configFor(inject.workload(), pod.getMetadata(), pod.getSpec()));
            }
        };
    }

    private JsonNode tree(Pod pod) {
        return JSON.readTree(pods.asJson(pod));
    }

    private static String nameOf(Pod pod) {
        ObjectMeta meta = pod.getMetadata();
        return meta.getName() == null ? meta.getGenerateName() : meta.getName();
    }
}
