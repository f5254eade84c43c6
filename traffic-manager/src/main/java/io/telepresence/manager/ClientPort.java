package io.telepresence.manager;

import static io.telepresence.manager.ManagerTimers.every;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.EventLoopGroup;
import io.telepresence.manager.audit.Audit;
import io.telepresence.manager.audit.StrangerAudit;
import io.telepresence.manager.config.ManagerSettings;
import io.telepresence.manager.grpc.AuditedCalls;
import io.telepresence.manager.grpc.ClientAuthenticator;
import io.telepresence.manager.grpc.PlainTextCheck;
import io.telepresence.manager.identity.Caller;
import io.telepresence.manager.identity.ConnectionKeys;
import io.telepresence.manager.identity.Identities;
import io.telepresence.manager.rights.RequiredGrant;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.manager.tunnel.Switchboard;
import io.telepresence.run.Closers;
import io.telepresence.run.MonotonicTime;
import io.telepresence.run.Threads;
import io.telepresence.tunnel.grpc.TunnelServers;
import io.telepresence.tunnel.grpc.TunnelService;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;

/**
 * The port where clients arrive: every call and every flow of it is made by a caller, whose connection has proved a key, whose
 * user is known. With a user's time end its sessions, and its connections.
 *
 * <p>Rights that it needs: get, list and delete of certificatesigningrequests.
 */
final class ClientPort {
    private static final Duration TICKETS_APART = Duration.ofMinutes(10);
    private static final Duration ABANDONED_APART = Duration.ofMinutes(1);

    private final SessionRegistry sessions;
    private final ConnectionKeys connections;
    private final Identities identities;
    private final ClientAuthenticator authenticator;

    ClientPort(ManagerSettings settings, KubernetesClient client, SessionRegistry sessions, Audit audit) {
        this(settings, client, sessions, audit, MonotonicTime.start());
    }

    ClientPort(
            ManagerSettings settings,
            KubernetesClient client,
            SessionRegistry sessions,
            Audit audit,
            InstantSource time) {
        String namespace = settings.pod().namespace();
        this.sessions = sessions;
        connections = new ConnectionKeys(namespace);
        identities = Identities.of(client, namespace, time, new Ends(sessions, connections));
        boolean strangers = settings.rules().requiredGrant() == RequiredGrant.PORTFORWARD;
        authenticator = new ClientAuthenticator(connections, identities, strangers, new StrangerAudit(audit, time));
    }

    Identities identities() {
        return identities;
    }

    NettyServerBuilder builder(
            InetSocketAddress address,
            EventLoopGroup loops,
            ServerServiceDefinition calls,
            Switchboard switchboard,
            AuditedCalls audited) {
        return TunnelServers.builder(address, loops)
                .channelFactory(connections.sockets())
                .addService(ServerInterceptors.interceptForward(calls, authenticator, audited, new PlainTextCheck()))
                .addService(ServerInterceptors.intercept(
                        TunnelService.bind(loops, switchboard.clients(ClientAuthenticator::caller)), authenticator));
    }

    /** Ends what is over, and takes away tickets that are left over, now and from time to time. */
    void tend(Closers opened) {
        opened.add(every("identities", Duration.ofSeconds(1), this::sweep));
        Threads.virtual("left-over-tickets", identities::sweepTickets);
        opened.add(every("tickets", TICKETS_APART, identities::sweepTickets));
        opened.add(every("abandoned-tickets", ABANDONED_APART, identities::sweepAbandonedTickets));
    }

    /**
     * Ends what is over. A session that began with a user who was known just then, and is not any more, is found here too, whatever
     * came first.
     */
    void sweep() {
        identities.sweep();
        sessions.endUnknown(caller -> identities.caller(caller.key()).person().known());
    }

    private record Ends(SessionRegistry sessions, ConnectionKeys connections) implements Identities.Consequences {
        @Override
        public void proved(Caller caller) {
            sessions.proved(caller);
        }

        @Override
        public void over(Caller caller, String why) {
            sessions.end(caller, why);
            connections.close(caller.key());
        }

        @Override
        public Set<String> inSessions() {
            return sessions.keys();
        }

        @Override
        public Set<String> inConnections() {
            return connections.keys();
        }
    }
}
