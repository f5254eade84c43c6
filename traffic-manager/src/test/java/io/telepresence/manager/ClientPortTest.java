package io.telepresence.manager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.grpc.Server;
import io.netty.channel.EventLoopGroup;
import io.telepresence.identity.ProofKey;
import io.telepresence.local.Loops;
import io.telepresence.manager.audit.Audit;
import io.telepresence.manager.audit.AuditEntry;
import io.telepresence.manager.config.ManagerSettings;
import io.telepresence.manager.grpc.AuditedCalls;
import io.telepresence.manager.grpc.ClientAuthenticator;
import io.telepresence.manager.grpc.ManagerService;
import io.telepresence.manager.identity.Caller;
import io.telepresence.manager.identity.Identities;
import io.telepresence.manager.identity.Person;
import io.telepresence.manager.identity.ProvingProxy;
import io.telepresence.manager.identity.TestTickets;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.manager.tunnel.Switchboard;
import io.telepresence.manager.tunnel.TestSwitchboards;
import io.telepresence.manager.watch.FakeApiServer;
import io.telepresence.rpc.common.Empty;
import io.telepresence.rpc.manager.ClientBeat;
import io.telepresence.rpc.manager.ManagerGrpc;
import io.telepresence.rpc.manager.ProofChallenge;
import io.telepresence.rpc.manager.ProofResult;
import io.telepresence.rpc.manager.ProofTicket;
import io.telepresence.rpc.manager.RemainReply;
import io.telepresence.rpc.manager.WorkloadQuery;
import io.telepresence.run.Closers;
import io.telepresence.testing.Awaits;
import io.telepresence.testing.FakeTime;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What ends when a user's time is over: over real connections, with time that a test moves. */
@Timeout(60)
class ClientPortTest {
    private static final String TICKETS = "/apis/certificates.k8s.io/v1/certificatesigningrequests/";

    private final Closers opened = new Closers();
    private final FakeTime time = new FakeTime();
    private final SessionRegistry sessions = new SessionRegistry(time);
    private final List<AuditEntry> audited = new CopyOnWriteArrayList<>();
    private final ProofKey key = ProofKey.generate();
    private FakeApiServer api;
    private ClientPort port;
    private Conversation ann;

    @BeforeEach
    void open() throws Exception {
        api = opened.add(FakeApiServer.open());
        ManagerSettings settings = ManagerSettings.of("{}", Map.of("POD_NAMESPACE", "ambassador", "POD_NAME", "m"));
        KubernetesClient client = opened.add(new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder(Config.empty())
                        .withMasterUrl(api.url())
                        .build())
                .build());
        port = new ClientPort(settings, client, sessions, audited::add, time);
        EventLoopGroup loops = Loops.create("flows", 1);
        opened.add(() -> Loops.shutdown(loops));
        Switchboard board =
                TestSwitchboards.on(sessions, (_, _, _, _) -> Optional.empty(), (_, _, _) -> null, to -> to);
        ManagerService calls = new ManagerService(port.identities(), sessions, null, null, null, null, null);
        InetSocketAddress any = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
        AuditedCalls calling = new AuditedCalls(sessions, Audit.NONE, ClientAuthenticator::caller);
        Server server = port.builder(any, loops, calls.bindService(), board, calling)
                .build()
                .start();
        opened.add(() -> {
            server.shutdownNow();
            server.awaitTermination(2, TimeUnit.SECONDS);
        });
        InetSocketAddress at = new InetSocketAddress(any.getAddress(), server.getPort());
        ProvingProxy proxy = opened.add(new ProvingProxy(at, "ambassador", key));
        ann = opened.add(new Conversation(proxy.address(), ManagerGrpc.getServiceDescriptor()));
    }

    @AfterEach
    void close() throws Exception {
        opened.close();
    }

    private ProofResult prove(String name) throws Exception {
        ByteString nonce = ann.get("BeginProof", Empty.getDefaultInstance(), ProofChallenge.class)
                .getNonce();
        api.with(TICKETS + name, Serialization.asJson(TestTickets.ticket("alice", name, key, nonce.toByteArray())));
        return ann.get(
                "Prove", ProofTicket.newBuilder().setName(name).setNonce(nonce).build(), ProofResult.class);
    }

    private SessionRegistry.Arrival<ClientSession> arrived() {
        Caller caller = port.identities().caller(TestTickets.fingerprint(key));
        return sessions.arrive(new ClientSession.Client("ann@laptop", "ann", "default", ""), caller, "");
    }

    private boolean known(String session) throws Exception {
        ClientBeat beat = ClientBeat.newBuilder().setSessionId(session).build();
        return ann.get("Remain", beat, RemainReply.class).getKnown();
    }

    /** As the manager does it, with longer steps. */
    private void pass(Duration span) {
        for (long seconds = 0; seconds < span.toSeconds(); seconds += 10) {
            time.advance(Duration.ofSeconds(10));
            port.sweep();
        }
    }

    /** Its call was let in when the user was known, and is served when that is over. */
    @Test
    void aSessionThatComesAsTheProofEndsDoesNotStay() throws Exception {
        prove("telepresence-a");
        Caller let = port.identities().caller(TestTickets.fingerprint(key));
        pass(Identities.VALID);
        ClientSession late = sessions.arrive(new ClientSession.Client("ann@laptop", "ann", "default", ""), let, "")
                .session();
        assertTrue(late.person().known());
        port.sweep();
        assertTrue(late.ended());
    }

    @Test
    void strangersAndWhoForgesATicketAreInTheAudit() throws Exception {
        ann.ask("ListWorkloads", WorkloadQuery.getDefaultInstance());
        ann.ask(
                "Prove",
                ProofTicket.newBuilder()
                        .setName("telepresence-forged")
                        .setNonce(ByteString.copyFrom(new byte[16]))
                        .build());
        Awaits.that("both", () -> audited.size() == 2);
        assertEquals(
                List.of("the traffic-manager does not know who you are", "the ticket is not valid"),
                audited.stream().map(AuditEntry::reason).toList());
        assertEquals("refused", audited.getFirst().result());
    }

    @Test
    void withTheProofEndsTheSession() throws Exception {
        ProofResult result = prove("telepresence-a");
        assertEquals("alice", result.getUser());
        assertEquals(600, result.getValidSeconds());
        SessionRegistry.Arrival<ClientSession> session = arrived();
        assertTrue(known(session.credential()));
        time.advance(Duration.ofMinutes(6));
        prove("telepresence-b");
        assertTrue(session.session().person().known());
        pass(Duration.ofMinutes(9));
        assertTrue(known(session.credential()));
        pass(Duration.ofMinutes(1));
        assertTrue(session.session().ended());
        assertEquals(
                "it has not proved again who its user is", session.session().whyEnded());
        prove("telepresence-c");
        assertFalse(known(session.credential()));
        assertEquals("alice (ann@laptop)", arrived().session().name());
    }

    @Test
    void anAbsentApiServerEndsNothingForAWhile() throws Exception {
        prove("telepresence-a");
        SessionRegistry.Arrival<ClientSession> session = arrived();
        api.close();
        pass(Identities.VALID);
        assertTrue(known(session.credential()));
        time.advance(Identities.LONGEST.minus(Identities.VALID));
        port.sweep();
        assertTrue(session.session().ended());
        assertEquals(
                Person.UNKNOWN,
                port.identities().caller(TestTickets.fingerprint(key)).person());
    }

    @Test
    void aTicketIsDeletedAsItWasRead() throws Exception {
        prove("telepresence-a");
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!api.asked().contains("DELETE " + TICKETS + "telepresence-a") && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertEquals(List.of(TICKETS + "telepresence-a", "DELETE " + TICKETS + "telepresence-a"), api.asked());
    }
}
