package io.telepresence.manager.webhook;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.telepresence.agree.AgentNames;
import io.telepresence.manager.cluster.Pods;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.inject.InjectorSettings;
import io.telepresence.manager.rollout.PodOwner;
import io.telepresence.manager.sidecar.PodAnnotations;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Says which pods get an agent, and which workloads can have one: the webhook, engagements and {@code list} ask here. Pure. The annotation {@code inject-traffic-agent} on the pod template outranks what
 * anybody wishes; under policy WhenEnabled, and in Jobs, there is no agent without it.
 */
public record InjectionPolicy(
        InjectorSettings.Scope scope, boolean whenEnabled, JobRules jobs, Predicate<PodOwner> desired) {
    /** Never served by an agent: the cluster's own. */
    private static final Set<String> SYSTEM = Set.of("kube-system", "kube-node-lease");

    /**
     * @param namespace of the request; at CREATE the pod itself may not say it
     * @param owner the workload behind the pod; empty where it has none
     */
    public InjectionDecision verdict(Pod pod, String namespace, Optional<PodOwner> owner) {
        if (Pods.hasAgent(pod)) {
            return new InjectionDecision.Leave("it has an agent already");
        }
        Optional<String> incapable = incapable(namespace, pod.getMetadata(), pod.getSpec());
        if (incapable.isPresent()) {
            return new InjectionDecision.Leave(incapable.get());
        }
        if (owner.isEmpty()) {
            return new InjectionDecision.Leave(unowned(pod.getMetadata()));
        }
        return forbidden(owner.get().workload(), pod.getMetadata())
                .<InjectionDecision>map(InjectionDecision.Leave::new)
                .orElseGet(() -> wanted(pod.getMetadata(), owner.get()));
    }

    /**
     * Why no pod of that template can have an agent, whatever anybody wishes; empty if it can. For a pod, and for a
     * template, this says what {@link #verdict} would.
     */
    public Optional<String> refusal(WorkloadRef owner, ObjectMeta template, PodSpec spec) {
        return incapable(owner.namespace(), template, spec).or(() -> forbidden(owner, template));
    }

    /** What cannot carry an agent. */
    private Optional<String> incapable(String namespace, ObjectMeta template, PodSpec spec) {
        if (SYSTEM.contains(namespace)) {
            return Optional.of("namespace " + namespace + " is the cluster's own, and its pods get no agents");
        }
        if (!scope.manages(namespace)) {
            return Optional.of("namespace " + namespace + " is not managed");
        }
        if (isManager(template, namespace)) {
            return Optional.of("it is the traffic-manager itself");
        }
        if (Boolean.TRUE.equals(spec.getHostNetwork())) {
            return Optional.of("it uses the network of its node (hostNetwork)");
        }
        return WindowsNodes.only(spec) ? Optional.of("it runs on Windows") : Optional.empty();
    }

    /** What its author, or an administrator, has ruled. */
    private Optional<String> forbidden(WorkloadRef owner, ObjectMeta template) {
        String annotation = annotation(template);
        if (annotation.equals("disabled") || annotation.equals("false")) {
            return Optional.of("its annotation " + AgentNames.INJECT + " is " + annotation);
        }
        if (whenEnabled && !enabled(template)) {
            return Optional.of("agentInjector.injectPolicy is WhenEnabled and its annotation " + AgentNames.INJECT
                    + " is not enabled");
        }
        return owner.batch() ? jobs.refusal(template) : Optional.empty();
    }

    private String unowned(ObjectMeta pod) {
        String by = Pods.controller(pod.getOwnerReferences())
                .map(owner -> ", but by " + owner.getKind() + " " + owner.getName())
                .orElse("");
        String remedy = by.contains(" Job ") ? ": the Helm value is workloads.jobs.enabled" : "";
        return "it is owned by no workload of an enabled kind" + by + remedy;
    }

    private InjectionDecision wanted(ObjectMeta template, PodOwner owner) {
        return enabled(template) || desired.test(owner)
                ? new InjectionDecision.Inject(owner.workload())
                : new InjectionDecision.Leave("no one has engaged " + owner.workload());
    }

    private boolean isManager(ObjectMeta template, String namespace) {
        return namespace.equals(scope.managerNamespace())
                && template.getLabels() != null
                && AgentNames.MANAGER_APP.equals(template.getLabels().get("app"));
    }

    /** Whether its author asks for an agent. */
    static boolean enabled(ObjectMeta template) {
        String annotation = annotation(template);
        return annotation.equals("enabled") || annotation.equals("true");
    }

    private static String annotation(ObjectMeta template) {
        return PodAnnotations.of(template).text(AgentNames.INJECT);
    }
}
