package io.telepresence.manager.tunnel;

import io.telepresence.agree.Transport;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.identity.Caller;
import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.rpc.tunnel.Fetch;
import io.telepresence.rpc.tunnel.Files;
import io.telepresence.rpc.tunnel.Open;
import io.telepresence.testing.FakeTime;
import io.telepresence.tunnel.Far;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowKey;
import io.telepresence.tunnel.grpc.Carrier;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A switchboard with a client port and an agent port over real connections. */
abstract class SwitchboardFixture {
    static final WorkloadRef ECHO = new WorkloadRef("Deployment", "default", "echo");

    @TempDir
    Path directory;

    final FakeTime time = new FakeTime();
    final SessionRegistry sessions = new SessionRegistry(time);
    ClientSession ann;
    AgentSession agent;
    volatile List<AgentSession> targets;
    /** The engagement that clients reach by; it may end. */
    volatile String reachable = "e1";
    /** Runs when a client has just been told that it may reach. */
    volatile Runnable whenGranted = () -> {};

    Switchboard board;
    Far clientPort;
    Far agentPort;
    Carrier client;
    Carrier agentSide;

    @BeforeEach
    void open() throws Exception {
        ann = arrive("ann");
        agent = sessions.arrive(
                        new AgentSession.Agent("echo-1", "u1", "10.0.0.1", ECHO, "v0.1.0", Set.of(), Set.of()), "")
                .session();
        targets = List.of(agent);
        start(Duration.ofSeconds(5), false);
    }

    void start(Duration fetchLimit, boolean forbidden) throws Exception {
        Deliveries deliveries = (from, id, host, port) ->
                from == agent && id.equals("e1") && port == 8080 ? Optional.of(ann) : Optional.empty();
        PodAccessRules reaches = (from, wish, protocol) -> {
            if (from != ann || !wish.getEngagementId().equals(reachable)) {
                return new PodAccessRules.Answer.Denied("not yours");
            }
            whenGranted.run();
            return new PodAccessRules.Answer.Granted(
                    targets,
                    wish.toBuilder()
                            .setFiles(Files.newBuilder().setReadOnly(true))
                            .build(),
                    "app");
        };
        board = new Switchboard(
                sessions,
                deliveries,
                reaches,
                new Switchboard.Limits(fetchLimit, Duration.ofMillis(200)),
                (_, to) -> Optional.of(to).filter(_ -> !forbidden));
        clientPort =
                new Far(java.nio.file.Files.createTempDirectory(directory, "c"), board.clients(() -> Caller.UNKNOWN));
        agentPort = new Far(java.nio.file.Files.createTempDirectory(directory, "a"), board.agents());
        client = Carrier.open("client", clientPort.address);
        agentSide = Carrier.open("agent", agentPort.address);
    }

    @AfterEach
    void close() throws Exception {
        client.close();
        agentSide.close();
        clientPort.close();
        agentPort.close();
    }

    ClientSession arrive(String name) {
        return sessions.arrive(new ClientSession.Client(name, "install-" + name, "default", ""), "")
                .session();
    }

    static Open fetch(String session, String dialId) {
        return open(session, Transport.TCP, 80)
                .setFetch(Fetch.newBuilder().setDialId(dialId))
                .build();
    }

    static Open.Builder open(String session, Transport protocol, int port) {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        FlowKey key =
                new FlowKey(protocol, new InetSocketAddress(loopback, 1234), new InetSocketAddress(loopback, port));
        return Open.newBuilder().setSessionId(session).setId(key.toWire());
    }

    static void on(Flow flow, Runnable task) {
        flow.loop().execute(task);
    }

    static <T> T get(CompletableFuture<T> future) throws Exception {
        return future.get(5, TimeUnit.SECONDS);
    }
}
