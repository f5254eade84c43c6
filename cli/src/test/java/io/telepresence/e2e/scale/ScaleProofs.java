package io.telepresence.e2e.scale;

import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequestBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.NamespacedKubernetesClient;
import io.fabric8.kubernetes.client.RequestConfig;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.telepresence.agree.Versions;
import io.telepresence.base.CertificateRequest;
import io.telepresence.identity.ProofKey;
import io.telepresence.identity.Ticket;
import io.telepresence.manager.identity.ProvingProxy;
import io.telepresence.rpc.common.Empty;
import io.telepresence.rpc.manager.ClientArrival;
import io.telepresence.rpc.manager.ClientBeat;
import io.telepresence.rpc.manager.ManagerGrpc;
import io.telepresence.rpc.manager.ManagerGrpc.ManagerBlockingStub;
import io.telepresence.rpc.manager.ProofTicket;
import io.telepresence.tunnel.pool.Carriers;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Many clients in one program, each a user of its own with a key of its own on a connection of its own: it proves who it is by
 * a ticket, has a session with its heartbeats, and proves it again and again. Runs in the network of the manager's pod, as
 * those do that come by a port-forward. {@code KUBECONFIG} is that of somebody who may impersonate.
 */
public final class ScaleProofs {
    /** So that they do not come all at once: what the manager takes is not measured yet. */
    private static final int ARRIVE_AT_ONCE = 8;

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final KubernetesClient cluster;
    private final String namespace;
    private final InetSocketAddress manager;
    private final Duration every;
    private final Path paused;
    private final Semaphore arriving = new Semaphore(ARRIVE_AT_ONCE);
    private final Counts counts = new Counts();

    private record Counts(AtomicInteger sessions, AtomicInteger beats, AtomicInteger renewed, AtomicInteger failed) {
        Counts() {
            this(new AtomicInteger(), new AtomicInteger(), new AtomicInteger(), new AtomicInteger());
        }

        @Override
        public String toString() {
            return "sessions=" + sessions + "\nbeats=" + beats + "\nrenewed=" + renewed + "\nfailed=" + failed + "\n";
        }
    }

    private ScaleProofs(KubernetesClient cluster, String[] arguments) {
        this.cluster = cluster;
        this.every = Duration.ofSeconds(Integer.parseInt(arguments[1]));
        this.namespace = arguments[2];
        this.manager = new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[3]));
        this.paused = Path.of(arguments[4] + ".pause");
    }

    /**
     * {@code CLIENTS SECONDS NAMESPACE PORT FILE}: seconds are those between two proofs; twice a second FILE is told how things
     * stand; while there is a FILE{@code .pause} nobody begins to renew.
     */
    public static void main(String[] arguments) throws Exception {
        try (KubernetesClient cluster = new KubernetesClientBuilder().build()) {
            ScaleProofs proofs = new ScaleProofs(cluster, arguments);
            for (int i = 0; i < Integer.parseInt(arguments[0]); i++) {
                proofs.new Client("dev-" + i).begin();
            }
            Path file = Path.of(arguments[4]);
            Path next = Path.of(arguments[4] + ".next");
            while (true) {
                Files.writeString(next, proofs.counts.toString());
                Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
                pause(Duration.ofMillis(500));
            }
        }
    }

    private static void pause(Duration time) {
        LockSupport.parkNanos(time.toNanos());
    }

    private final class Client {
        private final String name;
        private final ProofKey key = ProofKey.generate();
        private final RequestConfig asUser;
        private final ManagedChannel channel;

        Client(String name) throws java.io.IOException {
            this.name = name;
            this.asUser = new RequestConfigBuilder(cluster.getConfiguration().getRequestConfig())
                    .withImpersonateUsername(name)
                    .withImpersonateGroups("developers", "system:authenticated")
                    .build();
            InetSocketAddress way = new ProvingProxy(manager, namespace, key).address();
            this.channel = NettyChannelBuilder.forAddress(way).usePlaintext().build();
        }

        void begin() {
            Thread.ofVirtual().start(this::run);
        }

        private ManagerBlockingStub stub() {
            return ManagerGrpc.newBlockingStub(channel).withDeadlineAfter(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        }

        private void run() {
            try {
                String session = arrive();
                counts.sessions.incrementAndGet();
                Thread.ofVirtual().start(() -> beat(session));
                // As if each had come at a time of its own.
                pause(Duration.ofMillis(ThreadLocalRandom.current().nextLong(every.toMillis())));
                while (true) {
                    renew();
                    long tenth = every.toMillis() / 10;
                    pause(every.plusMillis(ThreadLocalRandom.current().nextLong(-tenth, tenth + 1)));
                }
            } catch (Exception e) {
                fail(e);
            }
        }

        private String arrive() throws Exception {
            arriving.acquire();
            try {
                prove();
                return stub().arriveAsClient(ClientArrival.newBuilder()
                                .setName(name + "@scale")
                                .setInstallId(name)
                                .setVersion(Versions.info("User Daemon"))
                                .setNamespace("default")
                                .build())
                        .getSessionId();
            } finally {
                arriving.release();
            }
        }

        private void beat(String session) {
            try {
                while (true) {
                    pause(Carriers.BEAT);
                    stub().remain(ClientBeat.newBuilder().setSessionId(session).build());
                    counts.beats.incrementAndGet();
                }
            } catch (Exception e) {
                counts.sessions.decrementAndGet();
                fail(e);
            }
        }

        private void renew() throws Exception {
            while (Files.exists(paused)) {
                pause(Duration.ofMillis(500));
            }
            prove();
            counts.renewed.incrementAndGet();
        }

        private void prove() throws Exception {
            byte[] nonce =
                    stub().beginProof(Empty.getDefaultInstance()).getNonce().toByteArray();
            String ticket = ticket(nonce);
            String user = stub().prove(ProofTicket.newBuilder()
                            .setName(ticket)
                            .setNonce(com.google.protobuf.ByteString.copyFrom(nonce))
                            .build())
                    .getUser();
            if (!user.equals(name)) {
                throw new IllegalStateException(name + " is taken for " + user);
            }
        }

        private String ticket(byte[] nonce) throws Exception {
            String pem = CertificateRequest.pem(Ticket.commonName(nonce), namespace, key.publicKey(), key.privateKey());
            CertificateSigningRequest request = new CertificateSigningRequestBuilder()
                    .withNewMetadata()
                    .withGenerateName(Ticket.NAME_PREFIX)
                    .endMetadata()
                    .withNewSpec()
                    .withSignerName(Ticket.SIGNER)
                    .withUsages("client auth")
                    .withRequest(Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.US_ASCII)))
                    .endSpec()
                    .build();
            CertificateSigningRequest made = cluster.adapt(NamespacedKubernetesClient.class)
                    .withRequestConfig(asUser)
                    .call(c -> c.certificates()
                            .v1()
                            .certificateSigningRequests()
                            .resource(request)
                            .create());
            return made.getMetadata().getName();
        }

        private void fail(Exception e) {
            counts.failed.incrementAndGet();
            System.out.println(name + ": " + e);
        }
    }
}
