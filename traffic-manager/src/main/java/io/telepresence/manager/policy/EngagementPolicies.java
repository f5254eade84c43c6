package io.telepresence.manager.policy;

import io.telepresence.engagement.EngagementSpec;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.KubernetesWorkload;
import io.telepresence.manager.cluster.PodContainers;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.sidecar.SidecarAnnotation;
import io.telepresence.manager.sidecar.VolumeRules;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** All policies, and the older value that is for everybody: what they say of one workload. Any thread; quick. */
public final class EngagementPolicies implements VolumeRules {
    private final Workloads workloads;
    private final boolean allowGlobal;
    private final List<EngagementPolicy> all;

    /** @param allowGlobal false: nobody may take all traffic of a port anywhere */
    public EngagementPolicies(Workloads workloads, boolean allowGlobal, List<EngagementPolicy> all) {
        this.workloads = workloads;
        this.allowGlobal = allowGlobal;
        this.all = List.copyOf(all);
    }

    /** @throws FaultException that is allowed for no workload */
    public void check(EngagementSpec spec) throws FaultException {
        if (!allowGlobal && spec.kind().takesTraffic() && spec.filter().takesEverything()) {
            String what = spec.kind().withArticle() + (spec.kind().hasFilter() ? " without a filter" : "");
            throw Fault.user(
                            what + " takes all traffic, which this traffic-manager does not allow",
                            "Use an intercept with --http-header or --http-path-equal, --http-path-prefix,"
                                    + " --http-path-regex; the Helm value is intercept.allowGlobalIntercepts")
                    .exception();
        }
    }

    /** @throws FaultException a policy forbids it; names the policy */
    public void check(EngagementSpec spec, KubernetesWorkload workload) throws FaultException {
        Optional<Fault> refusal = of(workload)
                .flatMap(policy -> policy.refusal(spec, workload.ref()).stream())
                .findFirst();
        if (refusal.isPresent()) {
            throw refusal.get().exception();
        }
        checkAgent(workload);
    }

    /** An agent that somebody wrote into the template shares what it says there. */
    private void checkAgent(KubernetesWorkload workload) throws FaultException {
        boolean manual = workload.template().getSpec() != null
                && PodContainers.agent(workload.template().getSpec()).isPresent();
        Limits limits = of(workload.ref());
        if (manual
                && !limits.equals(Limits.NONE)
                && SidecarAnnotation.of(workload.template().getMetadata())
                        .filter(limits::keptBy)
                        .isEmpty()) {
            String names = of(workload)
                    .filter(p -> !p.rules().volumes().equals(Limits.NONE))
                    .map(EngagementPolicy::called)
                    .collect(Collectors.joining(" and "));
            throw Fault.user(
                            names + " forbids volumes that the traffic-agent in the pod template of " + workload.ref()
                                    + " shares",
                            "Make that agent anew with: telepresence genyaml")
                    .exception();
        }
    }

    /** What each policy for that workload says, one clause each that begins with its name. */
    public List<String> described(KubernetesWorkload workload) {
        return of(workload).map(EngagementPolicy::described).toList();
    }

    /** After which time engagements of a workload end, and the policy that says so. */
    public record Term(String policy, Duration most) {
        /** What their owner is told. */
        public String ended() {
            return "expired: " + policy + " ends it after " + EngagementPolicy.words(most);
        }
    }

    /** The shortest. */
    public Optional<Term> term(WorkloadRef ref) {
        Optional<KubernetesWorkload> workload = all.isEmpty() ? Optional.empty() : workloads.get(ref);
        return workload.stream()
                .flatMap(this::of)
                .filter(p -> !p.rules().maxDuration().isZero())
                .map(p -> new Term(p.called(), p.rules().maxDuration()))
                .min(Comparator.comparing(Term::most));
    }

    /** A workload that the watch does not show (yet) has the labels of every policy. */
    @Override
    public Limits of(WorkloadRef ref) {
        Optional<KubernetesWorkload> workload = all.isEmpty() ? Optional.empty() : workloads.get(ref);
        return all.stream()
                .filter(p -> workload.map(p::isFor).orElse(p.mayBeFor(ref)))
                .map(p -> p.rules().volumes())
                .reduce(Limits.NONE, Limits::with);
    }

    private Stream<EngagementPolicy> of(KubernetesWorkload workload) {
        return all.stream().filter(p -> p.isFor(workload));
    }
}
