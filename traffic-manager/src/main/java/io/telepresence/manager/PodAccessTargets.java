package io.telepresence.manager;

import io.telepresence.agree.Transport;
import io.telepresence.engagement.EngagementState;
import io.telepresence.engagement.Port;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.engagement.EngagementRegistry;
import io.telepresence.manager.engagement.RegisteredEngagement;
import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.manager.sidecar.SidecarAnnotation;
import io.telepresence.manager.sidecar.VolumeRules;
import io.telepresence.manager.tunnel.PodAccessRules;
import io.telepresence.rpc.tunnel.Files;
import io.telepresence.rpc.tunnel.Reach;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** What the engagements of a client allow inside pods. Any thread; never blocks. */
final class PodAccessTargets implements PodAccessRules {
    private final EngagementRegistry engagements;
    private final SessionRegistry sessions;
    private final Workloads workloads;
    private final VolumeRules volumes;

    /** @param volumes also for agents that were told before the rules were made */
    PodAccessTargets(
            EngagementRegistry engagements, SessionRegistry sessions, Workloads workloads, VolumeRules volumes) {
        this.engagements = engagements;
        this.sessions = sessions;
        this.workloads = workloads;
        this.volumes = volumes;
    }

    @Override
    public Answer find(ClientSession client, Reach wish, Transport protocol) {
        Optional<RegisteredEngagement> found = engagements.of(client).stream()
                .filter(e -> e.id().equals(wish.getEngagementId()))
                .findFirst();
        if (found.isEmpty()) {
            return new Answer.Denied("that is not your engagement");
        }
        RegisteredEngagement engagement = found.get();
        if (!engagement.active() && engagement.state() != EngagementState.TERMINATING) {
            return new Answer.Denied("the engagement is not active");
        }
        return switch (wish.getWhatCase()) {
            case VIEW -> new Answer.Granted(agents(engagement), wish, engagement.container());
            case FILES -> files(engagement, wish);
            case PORT -> port(engagement, wish, protocol);
            case WHAT_NOT_SET -> new Answer.Denied("the request is empty");
        };
    }

    private Answer files(RegisteredEngagement engagement, Reach wish) {
        VolumeRules.Limits limits = volumes.of(engagement.workload());
        List<AgentSession> all = agents(engagement);
        List<AgentSession> keeping = all.stream().filter(a -> keeps(a, limits)).toList();
        if (keeping.isEmpty() && !all.isEmpty()) {
            return new Answer.Denied("a policy forbids volumes that the agents of " + engagement.workload()
                    + " share until their pods are replaced");
        }
        boolean readOnly = wish.getFiles().getReadOnly()
                || limits.readOnly()
                || !engagement.spec().kind().writesFiles();
        Reach limited = wish.toBuilder()
                .setFiles(Files.newBuilder().setReadOnly(readOnly))
                .build();
        return new Answer.Granted(keeping, limited, engagement.container());
    }

    /** Whether that agent's pod was made without the volumes that are withheld; that nobody writes is said to it each time. */
    private boolean keeps(AgentSession agent, VolumeRules.Limits limits) {
        VolumeRules.Limits withheld = new VolumeRules.Limits(limits.withheld(), limits.noTokens(), false);
        return withheld.equals(VolumeRules.Limits.NONE)
                || workloads
                        .pod(agent.agent().workload().namespace(), agent.agent().pod())
                        .filter(p ->
                                p.getMetadata().getUid().equals(agent.agent().podUid()))
                        .flatMap(SidecarAnnotation::of)
                        .filter(withheld::keptBy)
                        .isPresent();
    }

    private Answer port(RegisteredEngagement engagement, Reach wish, Transport protocol) {
        boolean asked = Port.isNumber(wish.getPort())
                && engagement.spec().options().toPod().contains(Port.of(protocol == Transport.UDP, wish.getPort()));
        return asked
                ? new Answer.Granted(agents(engagement), wish, engagement.container())
                : new Answer.Denied("port " + wish.getPort() + " of the pod was not requested with --to-pod");
    }

    /** First the agent of the pod that the engagement names, then others that stand as it wants. */
    private List<AgentSession> agents(RegisteredEngagement engagement) {
        return sessions.agents(engagement.workload()).stream()
                .sorted(Comparator.comparing(
                                (AgentSession a) -> !a.agent().podIp().equals(engagement.podIp()))
                        .thenComparing(a -> engagement.spec().kind().replacesContainer()
                                && !a.agent().replaced().contains(engagement.container())))
                .toList();
    }
}
