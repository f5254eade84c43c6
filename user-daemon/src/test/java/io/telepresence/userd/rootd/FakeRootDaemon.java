package io.telepresence.userd.rootd;

import io.grpc.stub.StreamObserver;
import io.telepresence.agree.Versions;
import io.telepresence.local.LocalServer;
import io.telepresence.rpc.common.Empty;
import io.telepresence.rpc.common.Fault;
import io.telepresence.rpc.common.LogLevelRequest;
import io.telepresence.rpc.common.VersionInfo;
import io.telepresence.rpc.rootd.NetworkConfig;
import io.telepresence.rpc.rootd.NetworkStatus;
import io.telepresence.rpc.rootd.QuitReply;
import io.telepresence.rpc.rootd.RootDaemonGrpc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** A root daemon that changes nothing on the host: it answers each network that it is asked for, and notes it. */
public final class FakeRootDaemon extends RootDaemonGrpc.RootDaemonImplBase implements AutoCloseable {
    public static final NetworkStatus ACTIVE =
            NetworkStatus.newBuilder().setActive(true).build();

    /** What it was asked for, in all sessions. */
    public final BlockingQueue<NetworkConfig> configs = new LinkedBlockingQueue<>();

    /** Where the states of each session go, in the order in which they began. */
    public final BlockingQueue<StreamObserver<NetworkStatus>> sessions = new LinkedBlockingQueue<>();

    /** Sessions that have begun, and those that are not over. */
    public final AtomicInteger begun = new AtomicInteger();

    public final AtomicInteger open = new AtomicInteger();

    public final BlockingQueue<String> levels = new LinkedBlockingQueue<>();

    /** The state after each question; empty: it takes its time. */
    public volatile Function<NetworkConfig, Optional<NetworkStatus>> states = config -> Optional.of(ACTIVE);

    public volatile boolean service;

    private final LocalServer server;

    public FakeRootDaemon(Path socket) throws Exception {
        long uid = ((Number) Files.getAttribute(Path.of("/proc/self"), "unix:uid")).longValue();
        server = LocalServer.start(socket, uid, Set.of(uid), List.of(this));
    }

    /** A state that says that the network could not be set up. */
    public static NetworkStatus fault(String text) {
        return NetworkStatus.newBuilder()
                .setFault(Fault.newBuilder().setText(text))
                .build();
    }

    @Override
    public void version(Empty request, StreamObserver<VersionInfo> to) {
        answer(to, Versions.info("Root Daemon"));
    }

    @Override
    public StreamObserver<NetworkConfig> session(StreamObserver<NetworkStatus> to) {
        begun.incrementAndGet();
        open.incrementAndGet();
        sessions.add(to);
        return new StreamObserver<>() {
            @Override
            public void onNext(NetworkConfig config) {
                states.apply(config).ifPresent(to::onNext);
                configs.add(config);
            }

            @Override
            public void onError(Throwable error) {
                open.decrementAndGet();
            }

            @Override
            public void onCompleted() {
                open.decrementAndGet();
                to.onCompleted();
            }
        };
    }

    @Override
    public void setLogLevel(LogLevelRequest request, StreamObserver<Empty> to) {
        levels.add(request.getLevel());
        answer(to, Empty.getDefaultInstance());
    }

    @Override
    public void quit(Empty request, StreamObserver<QuitReply> to) {
        answer(to, QuitReply.newBuilder().setStays(service).build());
    }

    /** As after {@code kill -9}: its sessions end, and nobody listens. */
    @Override
    public void close() throws Exception {
        server.close();
    }

    private static <T> void answer(StreamObserver<T> to, T reply) {
        to.onNext(reply);
        to.onCompleted();
    }
}
