package io.telepresence.userd.manager;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.netty.channel.unix.DomainSocketAddress;
import io.telepresence.agree.Versions;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.fault.FaultStatus;
import io.telepresence.rpc.common.Empty;
import io.telepresence.rpc.common.VersionInfo;
import io.telepresence.rpc.manager.ClientArrival;
import io.telepresence.rpc.manager.ClientBeat;
import io.telepresence.rpc.manager.ClientSession;
import io.telepresence.rpc.manager.ManagerGrpc;
import io.telepresence.rpc.manager.ProofResult;
import io.telepresence.rpc.manager.ProofTicket;
import io.telepresence.rpc.manager.RemainReply;
import io.telepresence.rpc.manager.SessionRef;
import io.telepresence.run.Backoff;
import io.telepresence.run.Threads;
import io.telepresence.run.Watched;
import io.telepresence.tunnel.pool.Carriers;
import io.telepresence.tunnel.pool.TunnelClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The session with the manager, over carriers that renew themselves. When the manager does not know the session any more
 * it is resumed with everything that {@code arrival} says then. Thread-safe.
 */
public final class ManagerSession implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ManagerSession.class);
    private static final int FLOW_CARRIERS = 2;
    private static final Duration SETTLING = Duration.ofSeconds(5);
    private static final Duration LEAVING = Duration.ofSeconds(1);

    private final Carriers carriers;
    private final Supplier<ClientArrival> arrival;
    private final Limits limits;
    private final LongSupplier idleMillis;
    private final Proof proof;
    private final Watched<ClientSession> session = new Watched<>(ClientSession.getDefaultInstance());
    private final AtomicBoolean resuming = new AtomicBoolean();
    private final ClockJumps jumps;
    private final TunnelClient tunnel;
    private volatile Supplier<CompletableFuture<Void>> awake = () -> CompletableFuture.completedFuture(null);
    private volatile boolean closed;
    /** Resumes the session; null: nobody has yet. */
    private volatile Thread resumer;

    /** How often it has arrived; an answer from before the last time says nothing. Changed by one thread at a time. */
    private volatile int arrivals;

    private volatile long arrivedNanos = System.nanoTime() - SETTLING.toNanos();
    private final Backoff refusals = new Backoff(Duration.ofSeconds(5), Duration.ofMinutes(1));
    private volatile long nextResume = System.nanoTime();
    private volatile long resumedNanos = System.nanoTime() - SETTLING.toNanos();

    /**
     * How long to wait.
     *
     * @param carrier for a carrier's first answer
     * @param connect for the manager's version, which is the first call
     * @param call for each call after that
     */
    public record Limits(Duration carrier, Duration connect, Duration call) {}

    private ManagerSession(
            Path socket, Supplier<ClientArrival> arrival, Limits limits, LongSupplier idleMillis, Proof proof) {
        this.arrival = arrival;
        this.proof = proof;
        this.limits = limits;
        this.idleMillis = idleMillis;
        DomainSocketAddress address = new DomainSocketAddress(socket.toFile());
        this.carriers = Carriers.open("manager", address, FLOW_CARRIERS, limits.carrier(), this::beat);
        this.tunnel = new TunnelClient(carriers::pick, () -> session.get().getSessionId());
        this.jumps = ClockJumps.watch(this::awoke);
    }

    /**
     * Opens the carriers; no session yet.
     *
     * @param socket the relay's
     * @param arrival what to tell the manager about this client, asked for at each arrival
     * @param idleMillis for how long the user has asked for nothing
     * @param proof runs before each arrival
     */
    public static ManagerSession open(
            Path socket, Supplier<ClientArrival> arrival, Limits limits, LongSupplier idleMillis, Proof proof) {
        return new ManagerSession(socket, arrival, limits, idleMillis, proof);
    }

    /** What to do besides when everything is looked at again; begins it, and is quick. */
    public void whenAwake(Supplier<CompletableFuture<Void>> what) {
        awake = what;
    }

    /**
     * Looks at everything again, now: this machine stood still, or somebody has mended something.
     *
     * @return done when that is over which is done besides
     */
    public CompletableFuture<Void> awoke() {
        nextResume = System.nanoTime();
        carriers.beatNow();
        return awake.get();
    }

    /**
     * Asks for the manager's version, and checks that both understand each other.
     *
     * @param trouble why the relay has no road, if it has none
     */
    public VersionInfo version(Supplier<Optional<Fault>> trouble) throws FaultException {
        VersionInfo version;
        try {
            version = ManagerGrpc.newBlockingStub(carriers.control().channel())
                    .withDeadlineAfter(limits.connect().toMillis(), TimeUnit.MILLISECONDS)
                    .version(Empty.getDefaultInstance());
        } catch (io.grpc.StatusRuntimeException e) {
            throw trouble.get().orElse(silent(e)).exception(e);
        }
        if (!Versions.compatible(version.getProtocol())) {
            throw skew(version).exception();
        }
        return version;
    }

    private Fault silent(io.grpc.StatusRuntimeException e) {
        return e.getStatus().getCode() == Status.Code.DEADLINE_EXCEEDED
                ? Fault.unreachable(
                        "the traffic-manager does not answer within "
                                + limits.connect().toSeconds() + " s",
                        "The limit can be configured as \"timeouts.trafficManagerConnect\"")
                : Fault.unreachable(
                        "the traffic-manager does not answer: "
                                + FaultStatus.of(e).text(),
                        "");
    }

    private static Fault skew(VersionInfo manager) {
        boolean older = Versions.tooOld(manager.getProtocol());
        return Fault.user(
                "the " + (older ? "traffic-manager " + manager.getVersion() : "client " + Versions.VERSION)
                        + " is too old for the "
                        + (older ? "client " + Versions.VERSION : "traffic-manager " + manager.getVersion()),
                older
                        ? "Ask the cluster's administrator to run: telepresence helm upgrade"
                        : "Install the client " + manager.getVersion());
    }

    /** Starts the session. */
    public ClientSession arrive() throws FaultException {
        ClientSession now = arrive(arrival.get());
        arrivedNanos = System.nanoTime();
        session.set(now);
        return now;
    }

    private ClientSession arrive(ClientArrival client) throws FaultException {
        try {
            proof.prove(proofs());
        } catch (FaultException e) {
            throw unknown(e.fault()).exception(e);
        }
        try {
            return calls().arriveAsClient(client);
        } catch (io.grpc.StatusRuntimeException e) {
            Fault fault = FaultStatus.of(e);
            throw (e.getStatus().getCode() == Status.Code.UNAUTHENTICATED ? unknown(fault) : fault).exception(e);
        }
    }

    private Fault unknown(Fault why) {
        return closed ? why : proof.unknown(why);
    }

    /** For proofs besides those of arrivals. */
    public Proof.Manager proofs() {
        return new ProofCalls();
    }

    private final class ProofCalls implements Proof.Manager {
        @Override
        public Optional<byte[]> begin() throws FaultException {
            try {
                return Optional.of(calls().beginProof(Empty.getDefaultInstance())
                        .getNonce()
                        .toByteArray());
            } catch (io.grpc.StatusRuntimeException e) {
                if (e.getStatus().getCode() == Status.Code.UNIMPLEMENTED) {
                    return Optional.empty();
                }
                throw FaultStatus.of(e).exception(e);
            }
        }

        @Override
        public Proof.Proved prove(String ticket, byte[] nonce) throws FaultException {
            try {
                ProofResult result = calls().prove(ProofTicket.newBuilder()
                        .setName(ticket)
                        .setNonce(ByteString.copyFrom(nonce))
                        .build());
                return new Proof.Proved(
                        result.getUser(), Duration.ofSeconds(Integer.toUnsignedLong(result.getValidSeconds())));
            } catch (io.grpc.StatusRuntimeException e) {
                throw FaultStatus.of(e).exception(e);
            }
        }
    }

    /** The session in force; its id changes only when a resumed session could not keep it. */
    public Watched<ClientSession> session() {
        return session;
    }

    /** False: a session is being resumed, or was just now, so that the manager may not know everything again yet. */
    public boolean settled() {
        return !resuming.get() && System.nanoTime() - resumedNanos >= SETTLING.toNanos();
    }

    /** False: the manager does not know the session, which is being resumed. */
    public boolean resumed() {
        return !resuming.get();
    }

    public SessionRef ref() {
        return SessionRef.newBuilder()
                .setSessionId(session.get().getSessionId())
                .build();
    }

    public Carriers carriers() {
        return carriers;
    }

    /** For flows on behalf of the session in force. */
    public TunnelClient tunnel() {
        return tunnel;
    }

    /** For one blocking call, with the limit; not for event loops. */
    public ManagerGrpc.ManagerBlockingStub calls() {
        return ManagerGrpc.newBlockingStub(carriers.control().channel())
                .withDeadlineAfter(limits.call().toMillis(), TimeUnit.MILLISECONDS);
    }

    /** For streams, without a limit. */
    public ManagerGrpc.ManagerBlockingStub streams() {
        return ManagerGrpc.newBlockingStub(carriers.control().channel());
    }

    /** Says goodbye (for at most a second) and closes the carriers. */
    @Override
    public void close() {
        closed = true;
        jumps.close();
        endResuming();
        // Heartbeats may not have told yet that the manager is there.
        boolean reachable = carriers.up().get() || System.nanoTime() - arrivedNanos < SETTLING.toNanos();
        if (!session.get().getSessionId().isEmpty() && reachable) {
            try {
                var calls = ManagerGrpc.newBlockingStub(carriers.control().channel());
                Empty ignored = calls.withDeadlineAfter(1, TimeUnit.SECONDS).depart(ref());
                LOG.debug("departed {}", ignored);
            } catch (io.grpc.StatusRuntimeException e) {
                LOG.info("the manager did not hear of our leaving: {}", e.getStatus());
            }
        }
        carriers.close();
    }

    private void beat(ManagedChannel channel, Duration deadline) {
        var stub = ManagerGrpc.newBlockingStub(channel).withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS);
        String id = session.get().getSessionId();
        if (id.isEmpty()) {
            VersionInfo version = stub.version(Empty.getDefaultInstance());
            LOG.trace("before the session: {}", version.getVersion());
            return;
        }
        int asked = arrivals;
        RemainReply reply = stub.remain(ClientBeat.newBuilder()
                .setSessionId(id)
                .setIdleMs(idleMillis.getAsLong())
                .build());
        boolean due = System.nanoTime() - nextResume >= 0;
        if (!reply.getKnown() && !closed && due && resuming.compareAndSet(false, true)) {
            resumer = Threads.virtual("resume-session", () -> resume(id, asked));
        }
    }

    /** So that nobody arrives who has left, and nothing is told any more. */
    private void endResuming() {
        Thread last = resumer;
        if (last == null) {
            return;
        }
        last.interrupt();
        try {
            if (!last.join(LEAVING)) {
                LOG.warn("the session is still being resumed; going on without");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void resume(String lost, int asked) {
        try {
            if (asked == arrivals && lost.equals(session.get().getSessionId())) {
                ClientArrival again =
                        arrival.get().toBuilder().setResumeSessionId(lost).build();
                ClientSession now = arrive(again);
                LOG.info("session resumed{}", now.getSessionId().equals(lost) ? "" : " under a new id");
                arrivals = asked + 1;
                session.set(now);
                refusals.reset();
                proof.resumed(Optional.empty());
            }
        } catch (FaultException e) {
            LOG.warn("the session cannot be resumed now: {}", e.fault());
            if (e.fault().kind() == Fault.Kind.DENIED && !closed) {
                // Asking again at each heartbeat would change nothing, and cost the cluster a ticket each time.
                nextResume = System.nanoTime() + refusals.next().toNanos();
                proof.resumed(Optional.of(e.fault()));
            }
        } finally {
            resumedNanos = System.nanoTime();
            resuming.set(false);
        }
    }
}
