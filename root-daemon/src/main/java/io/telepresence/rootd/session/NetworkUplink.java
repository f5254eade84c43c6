package io.telepresence.rootd.session;

import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.MoreExecutors;
import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.telepresence.agree.Transport;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.local.NamedSocket;
import io.telepresence.rootd.dns.ClusterLookup;
import io.telepresence.rootd.dns.LookupAnswer;
import io.telepresence.rootd.stack.Uplink;
import io.telepresence.rpc.manager.ClientBeat;
import io.telepresence.rpc.manager.DnsAnswer;
import io.telepresence.rpc.manager.DnsQuestion;
import io.telepresence.rpc.manager.ManagerGrpc;
import io.telepresence.rpc.manager.PingReply;
import io.telepresence.rpc.manager.PingRequest;
import io.telepresence.rpc.manager.RemainReply;
import io.telepresence.rpc.manager.SessionRef;
import io.telepresence.rpc.rootd.NetworkConfig;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.FlowKey;
import io.telepresence.tunnel.pool.Carriers;
import io.telepresence.tunnel.pool.TunnelClient;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/**
 * The manager as flows, lookups and pings; the only class of this package that speaks the manager's protocol.
 * Thread-safe.
 */
final class NetworkUplink implements Uplink, ClusterLookup, AutoCloseable {
    private static final int CONNECT_MILLIS = 20_000;

    /** Who has been without a manager for so long is told at once that names do not resolve, not after each one's limit. */
    private static final Duration AWAY = Duration.ofSeconds(10);

    private static final int AGAIN_MILLIS = 100;

    private final Carriers carriers;
    private final AtomicReference<NetworkConfig> config;
    private final TunnelClient tunnel;

    /** When a local program last made a TCP connection into the cluster; of {@link System#nanoTime}. */
    private final AtomicLong busyNanos;

    /** Since when no heartbeat has come back; of {@link System#nanoTime}, zero: they come. */
    private final AtomicLong lostNanos = new AtomicLong();

    private NetworkUplink(Carriers carriers, AtomicReference<NetworkConfig> config, AtomicLong busyNanos) {
        this.carriers = carriers;
        this.config = config;
        this.tunnel = new TunnelClient(carriers::pick, () -> config.get().getSessionId());
        this.busyNanos = busyNanos;
        carriers.up().watch(this::upChanged);
    }

    /**
     * Starts to connect; does not wait.
     *
     * @param userDaemons whose the carrier's socket may be
     */
    static NetworkUplink open(NetworkConfig first, NamedSocket.Listeners userDaemons) {
        var address = new NamedSocket(Path.of(first.getCarrierSocket()), userDaemons);
        AtomicReference<NetworkConfig> config = new AtomicReference<>(first);
        AtomicLong busyNanos = new AtomicLong(System.nanoTime());
        Carriers carriers = Carriers.open(
                "carrier",
                address,
                Math.max(1, first.getCarriers()),
                connectLimit(first),
                (channel, deadline) -> ManagerGrpc.newBlockingStub(channel)
                        .withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS)
                        .remain(beat(config.get(), busyNanos)));
        return new NetworkUplink(carriers, config, busyNanos);
    }

    /** From now on on behalf of this session. */
    void config(NetworkConfig changed) {
        config.set(changed);
    }

    /**
     * Waits until the manager has answered once.
     *
     * @param cancelled once complete, there is nothing to wait for
     */
    void await(CompletableFuture<Void> cancelled) throws FaultException {
        CompletableFuture<RemainReply> answered = stage(
                        ManagerGrpc.newFutureStub(carriers.control().channel())
                                .withWaitForReady()
                                .withDeadlineAfter(connectLimit(config.get()).toMillis(), TimeUnit.MILLISECONDS)
                                .remain(beat(config.get(), busyNanos)),
                        Function.<RemainReply>identity())
                .toCompletableFuture();
        try {
            CompletableFuture.anyOf(answered, cancelled).join();
        } catch (CompletionException e) {
            throw Fault.unreachable(
                            "the traffic-manager does not answer through the user daemon's connection: "
                                    + Status.fromThrowable(e.getCause()).getCode(),
                            "Look at the user daemon's log")
                    .exception(e.getCause());
        }
        if (cancelled.isDone()) {
            throw Fault.user("the session was ended while it began", "").exception();
        }
    }

    boolean isUp() {
        return carriers.up().get();
    }

    @Override
    public Flow open(FlowKey key, FlowHandler handler) {
        if (key.protocol() == Transport.TCP) {
            busyNanos.set(System.nanoTime());
        }
        return tunnel.dial(key, Duration.ofMillis(config.get().getDialTimeoutMs()), handler);
    }

    @Override
    public CompletionStage<Boolean> ping(InetAddress target, Duration within) {
        PingRequest request = PingRequest.newBuilder()
                .setSessionId(config.get().getSessionId())
                .setIp(ByteString.copyFrom(target.getAddress()))
                .setTimeoutMs((int) within.toMillis())
                .build();
        return stage(
                ManagerGrpc.newFutureStub(carriers.control().channel())
                        .withDeadlineAfter(within.toMillis() + 1000, TimeUnit.MILLISECONDS)
                        .ping(request),
                PingReply::getReachable);
    }

    /** While the manager is replaced, or a carrier, or the session is resumed, the question waits: it fails at its limit. */
    @Override
    public CompletionStage<LookupAnswer> lookup(String name, int type) {
        int limit = lookupMillis(config.get());
        CompletableFuture<LookupAnswer> answer = new CompletableFuture<>();
        ask(name, type, System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(limit), answer);
        // Also where the loop that would ask again has ended with the session.
        return answer.orTimeout(limit + 1000L, TimeUnit.MILLISECONDS);
    }

    private void ask(String name, int type, long end, CompletableFuture<LookupAnswer> answer) {
        long left = Math.max(1, TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime()));
        boolean away = isAway();
        DnsQuestion question = DnsQuestion.newBuilder()
                .setSessionId(config.get().getSessionId())
                .setName(name)
                .setType(type)
                .setTimeoutMs((int) left)
                .build();
        var stub = ManagerGrpc.newFutureStub(carriers.control().channel())
                .withDeadlineAfter(left + 200, TimeUnit.MILLISECONDS);
        stage((away ? stub : stub.withWaitForReady()).lookupDns(question), NetworkUplink::answer)
                .whenComplete((found, error) -> {
                    if (error == null) {
                        answer.complete(found);
                    } else if (away || left <= AGAIN_MILLIS || !passes(error)) {
                        answer.completeExceptionally(error);
                    } else {
                        carriers.control()
                                .loop()
                                .schedule(() -> ask(name, type, end, answer), AGAIN_MILLIS, TimeUnit.MILLISECONDS);
                    }
                });
    }

    private void upChanged(boolean up) {
        if (up) {
            lostNanos.set(0);
        } else {
            lostNanos.compareAndSet(0, Math.max(1, System.nanoTime()));
        }
    }

    private boolean isAway() {
        long lost = lostNanos.get();
        return lost != 0 && System.nanoTime() - lost >= AWAY.toNanos();
    }

    /** Whether the same question may be answered in a moment: the connection was lost, or the session is not known yet. */
    private static boolean passes(Throwable error) {
        return Status.fromThrowable(error).getCode() == Status.Code.UNAVAILABLE;
    }

    @Override
    public void close() {
        carriers.close();
    }

    private static Duration connectLimit(NetworkConfig config) {
        int wished = config.getCarrierConnectMs();
        return Duration.ofMillis(wished == 0 ? CONNECT_MILLIS : wished);
    }

    static int lookupMillis(NetworkConfig config) {
        int wished = config.getDns().getLookupTimeoutMs();
        return wished == 0 ? 4000 : wished;
    }

    private static ClientBeat beat(NetworkConfig config, AtomicLong busyNanos) {
        return ClientBeat.newBuilder()
                .setSessionId(config.getSessionId())
                .setIdleMs((System.nanoTime() - busyNanos.get()) / 1_000_000)
                .build();
    }

    private static SessionRef session(NetworkConfig config) {
        return SessionRef.newBuilder().setSessionId(config.getSessionId()).build();
    }

    private static LookupAnswer answer(DnsAnswer answer) {
        return new LookupAnswer(
                answer.getRcode(),
                answer.getRecordsList().stream()
                        .map(r -> new LookupAnswer.Record(
                                r.getName(),
                                r.getType(),
                                Integer.toUnsignedLong(r.getTtlSeconds()),
                                r.getRdata().toByteArray()))
                        .toList());
    }

    private static <A, B> CompletionStage<B> stage(ListenableFuture<A> future, Function<A, B> map) {
        CompletableFuture<B> stage = new CompletableFuture<>();
        Futures.addCallback(
                future,
                new FutureCallback<A>() {
                    @Override
                    public void onSuccess(A result) {
                        stage.complete(map.apply(result));
                    }

                    @Override
                    public void onFailure(Throwable error) {
                        stage.completeExceptionally(error);
                    }
                },
                MoreExecutors.directExecutor());
        return stage;
    }
}
