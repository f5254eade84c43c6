package io.telepresence.manager;

import io.telepresence.agree.Transport;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.EngagementState;
import io.telepresence.engagement.Port;
import io.telepresence.manager.engagement.EngagementRegistry;
import io.telepresence.manager.engagement.RegisteredEngagement;
import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.SessionRegistry;
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

    PodAccessTargets(EngagementRegistry engagements, SessionRegistry sessions) {
        this.engagements = engagements;
        this.sessions = sessions;
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
            case VIEW -> granted(engagement, wish);
            case FILES -> granted(engagement, limited(wish, engagement.spec().kind()));
            case PORT -> port(engagement, wish, protocol);
            case WHAT_NOT_SET -> new Answer.Denied("the request is empty");
        };
    }

    private static Reach limited(Reach wish, EngagementKind kind) {
        boolean readOnly = wish.getFiles().getReadOnly() || !kind.writesFiles();
        return wish.toBuilder()
                .setFiles(Files.newBuilder().setReadOnly(readOnly))
                .build();
    }

    private Answer port(RegisteredEngagement engagement, Reach wish, Transport protocol) {
        boolean asked = Port.isNumber(wish.getPort())
                && engagement.spec().options().toPod().contains(Port.of(protocol == Transport.UDP, wish.getPort()));
        return asked
                ? granted(engagement, wish)
                : new Answer.Denied("port " + wish.getPort() + " of the pod was not requested with --to-pod");
    }

    /** First the agent of the pod that the engagement names, then others that stand as it wants. */
    private Answer granted(RegisteredEngagement engagement, Reach reach) {
        List<AgentSession> agents = sessions.agents(engagement.workload()).stream()
                .sorted(Comparator.comparing(
                                (AgentSession a) -> !a.agent().podIp().equals(engagement.podIp()))
                        .thenComparing(a -> engagement.spec().kind().replacesContainer()
                                && !a.agent().replaced().contains(engagement.container())))
                .toList();
        return new Answer.Granted(agents, reach, engagement.container());
    }
}
