package io.telepresence.userd.rootd;

import io.grpc.Context;
import io.grpc.stub.StreamObserver;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.fault.FaultStatus;
import io.telepresence.local.LocalChannel;
import io.telepresence.rpc.common.Empty;
import io.telepresence.rpc.common.LogLevelRequest;
import io.telepresence.rpc.common.VersionInfo;
import io.telepresence.rpc.rootd.NetworkConfig;
import io.telepresence.rpc.rootd.NetworkStatus;
import io.telepresence.rpc.rootd.QuitReply;
import io.telepresence.rpc.rootd.RootDaemonGrpc;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/** One network session with the root daemon. When it is closed, or this process dies, the root daemon undoes it. */
final class RootDaemonSession implements AutoCloseable {
    private final LocalChannel channel;
    private final CompletableFuture<NetworkStatus> first = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private StreamObserver<NetworkConfig> wishes;
    private volatile boolean closing;

    private RootDaemonSession(LocalChannel channel) {
        this.channel = channel;
    }

    /**
     * Starts the session and waits for its first state.
     *
     * @param heard every state, the first too
     * @param lost called once, when the session ends without being closed here
     */
    static RootDaemonSession open(
            Path socket, NetworkConfig config, Consumer<NetworkStatus> heard, Consumer<String> lost, int seconds)
            throws FaultException {
        RootDaemonSession link = new RootDaemonSession(LocalChannel.open(socket));
        try {
            // Not in the context of the caller's own call, which ends long before this session.
            Context.ROOT.run(() -> link.begin(config, heard, lost));
            NetworkStatus status = link.first.get(seconds, TimeUnit.SECONDS);
            if (status.hasFault()) {
                throw FaultStatus.fromWire(status.getFault()).exception();
            }
            return link;
        } catch (FaultException e) {
            link.close();
            throw e;
        } catch (ExecutionException e) {
            link.close();
            throw FaultStatus.of(e.getCause()).exception(e.getCause());
        } catch (TimeoutException e) {
            link.close();
            throw Fault.internal("the root daemon did not set up the network within " + seconds + " s")
                    .exception(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            link.close();
            throw Fault.internal("interrupted").exception(e);
        } catch (RuntimeException e) {
            link.close();
            throw e;
        }
    }

    private synchronized void begin(NetworkConfig config, Consumer<NetworkStatus> heard, Consumer<String> lost) {
        wishes = RootDaemonGrpc.newStub(channel.grpc()).session(new StreamObserver<>() {
            @Override
            public void onNext(NetworkStatus status) {
                heard.accept(status);
                first.complete(status);
            }

            @Override
            public void onError(Throwable error) {
                end(error, FaultStatus.of(error).text());
            }

            @Override
            public void onCompleted() {
                end(new io.grpc.StatusException(io.grpc.Status.UNAVAILABLE), "it ended the session");
            }

            private void end(Throwable error, String why) {
                boolean running = first.isDone() && !first.isCompletedExceptionally();
                first.completeExceptionally(error);
                if (ended.complete(null) && running && !closing) {
                    lost.accept(why);
                }
            }
        });
        wishes.onNext(config);
    }

    /** Whether it has ended, from whichever side. */
    boolean over() {
        return ended.isDone();
    }

    /** Sends the whole desired state again. */
    synchronized void update(NetworkConfig config) {
        if (!ended.isDone()) {
            wishes.onNext(config);
        }
    }

    /** Ends the session and waits, for at most two seconds, until the host is as it was. */
    @Override
    public void close() {
        boolean running;
        synchronized (this) {
            closing = true;
            running = wishes != null && !ended.isDone();
            if (running) {
                wishes.onCompleted();
            }
        }
        if (running) {
            ended.completeOnTimeout(null, 2, TimeUnit.SECONDS).join();
        }
        channel.close();
    }

    /** The version of the root daemon that listens at {@code socket}; empty: none does. */
    static Optional<VersionInfo> version(Path socket) {
        try (LocalChannel channel = LocalChannel.open(socket)) {
            return Optional.of(RootDaemonGrpc.newBlockingStub(channel.grpc())
                    .withDeadlineAfter(1, TimeUnit.SECONDS)
                    .version(Empty.getDefaultInstance()));
        } catch (io.grpc.StatusRuntimeException e) {
            return Optional.empty();
        }
    }

    /** Ends the root daemon; true: it is a service and stays. A daemon that does not run does not stay. */
    static boolean quit(Path socket) {
        try (LocalChannel channel = LocalChannel.open(socket)) {
            QuitReply reply = RootDaemonGrpc.newBlockingStub(channel.grpc())
                    .withDeadlineAfter(2, TimeUnit.SECONDS)
                    .quit(Empty.getDefaultInstance());
            return reply.getStays();
        } catch (io.grpc.StatusRuntimeException e) {
            return false;
        }
    }

    static void logLevel(Path socket, LogLevelRequest request) throws FaultException {
        try (LocalChannel channel = LocalChannel.open(socket)) {
            Empty done = RootDaemonGrpc.newBlockingStub(channel.grpc())
                    .withDeadlineAfter(2, TimeUnit.SECONDS)
                    .setLogLevel(request);
            assert done != null;
        } catch (io.grpc.StatusRuntimeException e) {
            throw FaultStatus.of(e).exception(e);
        }
    }
}
