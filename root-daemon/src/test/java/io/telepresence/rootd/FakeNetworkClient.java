package io.telepresence.rootd;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.stub.StreamObserver;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultStatus;
import io.telepresence.local.LocalChannel;
import io.telepresence.rpc.rootd.NetworkConfig;
import io.telepresence.rpc.rootd.NetworkStatus;
import io.telepresence.rpc.rootd.RootDaemonGrpc;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A user daemon, as the root daemon sees it: one session over a connection of its own. */
final class FakeNetworkClient implements AutoCloseable {
    private static final int LIMIT_SECONDS = 30;

    final BlockingQueue<NetworkStatus> states = new LinkedBlockingQueue<>();
    private final CompletableFuture<Optional<Fault>> ended = new CompletableFuture<>();
    private final LocalChannel channel;
    private final StreamObserver<NetworkConfig> wishes;

    FakeNetworkClient(Path socket) {
        channel = LocalChannel.open(socket);
        wishes = RootDaemonGrpc.newStub(channel.grpc()).session(new StreamObserver<>() {
            @Override
            public void onNext(NetworkStatus status) {
                states.add(status);
            }

            @Override
            public void onError(Throwable error) {
                ended.complete(Optional.of(FaultStatus.of(error)));
            }

            @Override
            public void onCompleted() {
                ended.complete(Optional.empty());
            }
        });
    }

    FakeNetworkClient wish(NetworkConfig config) {
        wishes.onNext(config);
        return this;
    }

    /** The state that was reached; fails if the session ends instead. */
    NetworkStatus reached() throws InterruptedException {
        NetworkStatus status = states.poll(LIMIT_SECONDS, TimeUnit.SECONDS);
        assertNotNull(status, () -> "no state; the call: " + ended);
        return status;
    }

    /** Says that it wishes no more, and waits for the end of the call. */
    void endInOrder() throws Exception {
        wishes.onCompleted();
        assertTrue(end().isEmpty(), () -> "not in order: " + ended);
    }

    /** Waits for the end of the call; empty: it ended in order. */
    Optional<Fault> end() throws InterruptedException, ExecutionException, TimeoutException {
        return ended.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    }

    boolean isOver() {
        return ended.isDone();
    }

    RootDaemonGrpc.RootDaemonBlockingStub calls() {
        return RootDaemonGrpc.newBlockingStub(channel.grpc()).withDeadlineAfter(LIMIT_SECONDS, TimeUnit.SECONDS);
    }

    /** The process is killed. */
    @Override
    public void close() {
        channel.close();
    }
}
