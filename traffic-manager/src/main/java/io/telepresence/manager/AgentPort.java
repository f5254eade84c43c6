package io.telepresence.manager;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.grpc.ServerInterceptors;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.EventLoopGroup;
import io.telepresence.limits.ConnectionLimits;
import io.telepresence.manager.auth.AgentReview;
import io.telepresence.manager.auth.SigningKeys;
import io.telepresence.manager.auth.TokenCheck;
import io.telepresence.manager.grpc.AgentAuthenticator;
import io.telepresence.manager.grpc.AgentConnection;
import io.telepresence.manager.grpc.AgentGateService;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.manager.tunnel.Switchboard;
import io.telepresence.run.Threads;
import io.telepresence.tunnel.FlowAcceptor;
import io.telepresence.tunnel.grpc.TunnelServers;
import io.telepresence.tunnel.grpc.TunnelService;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;

/** The port where agents arrive. Whoever comes is a stranger until it has shown a token of its pod, or names a living session. */
final class AgentPort {
    /** Agents beat every few seconds. */
    private static final Duration IDLE = Duration.ofMinutes(2);

    private AgentPort() {}

    static NettyServerBuilder builder(
            InetSocketAddress address,
            EventLoopGroup loops,
            KubernetesClient client,
            AgentGateService calls,
            SessionRegistry sessions,
            AgentReview review,
            Switchboard switchboard) {
        ConnectionLimits limits = new ConnectionLimits(AgentConnection.STRANGERS);
        SigningKeys keys = SigningKeys.of(client, InstantSource.system());
        Threads.virtual("signing-keys", keys::refresh);
        AgentAuthenticator authenticator = new AgentAuthenticator(
                limits, new TokenCheck(keys, InstantSource.system()), review, id -> sessions.agent(id)
                        .isPresent());
        return TunnelServers.builder(address, loops)
                .channelFactory(limits.sockets())
                .maxConnectionIdle(IDLE.toSeconds(), TimeUnit.SECONDS)
                .addService(
                        ServerInterceptors.interceptForward(calls, new AgentGateService.TokenReader(), authenticator))
                .addService(ServerInterceptors.intercept(
                        TunnelService.bind(loops, arriving(sessions, switchboard)), authenticator));
    }

    private static FlowAcceptor arriving(SessionRegistry sessions, Switchboard switchboard) {
        return (flow, open) -> {
            if (sessions.agent(open.getSessionId()).isPresent()) {
                AgentConnection.trust();
            }
            switchboard.agents().accept(flow, open);
        };
    }
}
