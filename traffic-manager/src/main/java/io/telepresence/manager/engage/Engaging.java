package io.telepresence.manager.engage;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.Workload;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.engage.Engagement.EngagedPort;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.rpc.manager.AgentConfig;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The use case behind {@code Engage}: from a wish to an engagement that runs, or to nothing at all. */
public final class Engaging {
    private static final Logger LOG = LoggerFactory.getLogger(Engaging.class);

    private final Engagements engagements;
    private final AgentPlans plans;
    private final Workloads workloads;
    private final AgentInstaller installer;
    private final AgentWait wait;

    public Engaging(
            Engagements engagements, AgentPlans plans, Workloads workloads, AgentInstaller installer, AgentWait wait) {
        this.engagements = engagements;
        this.plans = plans;
        this.workloads = workloads;
        this.installer = installer;
        this.wait = wait;
    }

    /**
     * Blocks until the engagement is active. If it fails, or the thread is interrupted, nothing of it stays but the
     * agents that have already come.
     *
     * @param limit for the agents to arrive
     * @param progress sentences for the waiting user; any thread
     */
    public Engagement engage(ClientSession client, EngagementSpec spec, Duration limit, Consumer<String> progress)
            throws FaultException, InterruptedException {
        spec.check();
        Workload workload =
                new WorkloadChoice(workloads).choose(spec.namespace(), spec.workload(), spec.workloadKind());
        WorkloadRef ref = workload.ref();
        List<EngagedPort> ports = PortChoice.choose(ref, plans.ports(workload), spec);
        if (workload.replicas() == 0) {
            throw Fault.user(ref + " is scaled to zero: there is no pod to engage", "")
                    .exception();
        }
        Engagement reserved = engagements.reserve(client, spec, ref, ports);
        boolean done = false;
        try {
            plans.wish(ref);
            installer.ensure(ref, config(workload), progress);
            String podIp = wait.await(ref, ports, limit, progress);
            Engagement active = engagements.activate(reserved.id(), podIp);
            done = true;
            LOG.info("{} of {} on {} is active", spec.name(), client, ref);
            return active;
        } finally {
            if (!done) {
                engagements.remove(reserved.id());
            }
        }
    }

    /** Enters again what a client had before this manager was started. */
    public void restore(ClientSession client, EngagementSpec spec, String podIp) {
        try {
            spec.check();
            Workload workload =
                    new WorkloadChoice(workloads).choose(spec.namespace(), spec.workload(), spec.workloadKind());
            List<EngagedPort> ports = PortChoice.choose(workload.ref(), plans.ports(workload), spec);
            plans.wish(workload.ref());
            engagements.restore(client, spec, workload.ref(), ports, podIp);
        } catch (FaultException e) {
            LOG.warn("cannot restore \"{}\" of {}: {}", spec.name(), client, e.fault());
            engagements.restoreBroken(
                    client, spec, new WorkloadRef(spec.workloadKind(), spec.namespace(), spec.workload()), e.fault());
        }
    }

    private AgentConfig config(Workload workload) {
        return plans.configFor(
                workload.ref(),
                workload.template().getMetadata(),
                workload.template().getSpec());
    }
}
