package io.telepresence.manager.grpc;

import io.grpc.stub.StreamObserver;
import io.telepresence.agree.Versions;
import io.telepresence.engagement.EngagementCodec;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.config.ManagerSettings;
import io.telepresence.manager.identity.Caller;
import io.telepresence.manager.lifecycle.CreateEngagement;
import io.telepresence.manager.rights.Rights;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.manager.tunnel.Switchboard;
import io.telepresence.rpc.common.VersionInfo;
import io.telepresence.rpc.engagement.Engagement;
import io.telepresence.rpc.manager.ClientArrival;
import io.telepresence.rpc.manager.DialRequest;
import io.telepresence.rpc.manager.SessionRef;
import io.telepresence.text.Printable;
import java.time.Duration;

/** Clients come, stay, go, and hear of dials. */
public final class ClientSessionService {
    public static final String NAME = "Traffic Manager";
    private static final Duration LONGEST_IDLE = Duration.ofDays(365);

    private final ManagerSettings config;
    private final SessionRegistry sessions;
    private final CreateEngagement createEngagement;
    private final Switchboard switchboard;
    private final Rights rights;

    public ClientSessionService(
            ManagerSettings config,
            SessionRegistry sessions,
            CreateEngagement createEngagement,
            Switchboard switchboard,
            Rights rights) {
        this.config = config;
        this.sessions = sessions;
        this.createEngagement = createEngagement;
        this.switchboard = switchboard;
        this.rights = rights;
    }

    io.telepresence.rpc.manager.ClientSession arrive(ClientArrival arrival, Caller caller) throws FaultException {
        checkVersion(arrival.getVersion());
        rights.mayConnect(caller.person());
        SessionRegistry.Arrival<ClientSession> arrived = sessions.arrive(
                new ClientSession.Client(
                        arrival.getName(), arrival.getInstallId(), arrival.getNamespace(), arrival.getSeat()),
                caller,
                arrival.getResumeSessionId());
        ClientSession session = arrived.session();
        for (Engagement had : arrival.getEngagementsList()) {
            boolean broken = EngagementCodec.state(had).isOver();
            createEngagement.restore(
                    session,
                    EngagementCodec.spec(had.getSpec()),
                    new CreateEngagement.Before(
                            had.getId(), had.getPodIp(), broken ? Printable.line(had.getMessage()) : ""));
        }
        return io.telepresence.rpc.manager.ClientSession.newBuilder()
                .setSessionId(arrived.credential())
                .setVersion(Versions.info(NAME))
                .setManagerNamespace(config.pod().namespace())
                .setResumed(arrived.resumed())
                .setAgentImage(config.injector().sidecar().image().name())
                .setInstallId(arrival.getInstallId())
                .build();
    }

    void watchDials(SessionRef ref, StreamObserver<DialRequest> out) throws FaultException {
        ClientSession client = GrpcAnswers.client(sessions, ref.getSessionId());
        WatchStream<DialRequest> stream = WatchStream.open(out, client);
        Runnable end = switchboard.watchDials(
                client,
                dial -> stream.send(ClusterTranslator.toWire(dial)),
                () -> stream.fail(
                        Fault.unreachable("a newer watch has taken over", "").exception()));
        stream.closeAtEnd(end::run);
    }

    /** @param millis from outside: any 64 bits */
    static Duration idle(long millis) {
        return Duration.ofMillis(Math.clamp(millis, 0, LONGEST_IDLE.toMillis()));
    }

    static void checkVersion(VersionInfo peer) throws FaultException {
        if (!Versions.compatible(peer.getProtocol())) {
            boolean older = Versions.tooOld(peer.getProtocol());
            String who = peer.getName() + " " + peer.getVersion();
            String here = "this traffic-manager " + Versions.VERSION;
            throw Fault.user(
                            (older ? who : here) + " is too old for " + (older ? here : who),
                            older
                                    ? "Upgrade " + peer.getName()
                                    : "Ask the cluster's administrator to run: telepresence helm upgrade")
                    .exception();
        }
    }
}
