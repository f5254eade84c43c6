package io.telepresence.rootd;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.telepresence.agree.Versions;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultStatus;
import io.telepresence.rootd.session.Host;
import io.telepresence.rpc.common.Empty;
import io.telepresence.rpc.common.LogLevelRequest;
import io.telepresence.rpc.common.VersionInfo;
import io.telepresence.rpc.rootd.NetworkConfig;
import io.telepresence.rpc.rootd.NetworkStatus;
import io.telepresence.rpc.rootd.QuitReply;
import io.telepresence.rpc.rootd.RootDaemonGrpc;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The gRPC edge: at most one session at a time. Thread-safe. */
final class RootService extends RootDaemonGrpc.RootDaemonImplBase {
    private static final Logger LOG = LoggerFactory.getLogger(RootService.class);

    private final Host machine;
    private final boolean service;
    private final IdleShutdown life;
    private final AtomicReference<SessionRunner> session = new AtomicReference<>();

    RootService(Host machine, boolean service, IdleShutdown life) {
        this.machine = machine;
        this.service = service;
        this.life = life;
    }

    @Override
    public void version(Empty request, StreamObserver<VersionInfo> reply) {
        life.called();
        reply.onNext(Versions.info("Root Daemon"));
        reply.onCompleted();
    }

    @Override
    public void status(Empty request, StreamObserver<NetworkStatus> reply) {
        life.called();
        reply.onNext(status());
        reply.onCompleted();
    }

    @Override
    public StreamObserver<NetworkConfig> session(StreamObserver<NetworkStatus> observer) {
        var replies = (ServerCallStreamObserver<NetworkStatus>) observer;
        SessionRunner runner = new SessionRunner(machine, replies);
        if (!session.compareAndSet(null, runner)) {
            observer.onError(FaultStatus.toStatus(
                    Fault.user("another session already has this machine's network", "Run: telepresence quit")
                            .exception()));
            return new Ignored();
        }
        life.sessionBegins();
        replies.setOnCancelHandler(() -> {
            life.lostCaller();
            runner.end();
        });
        runner.start(() -> {
            session.compareAndSet(runner, null);
            life.sessionEnds();
        });
        return new Wishes(runner);
    }

    @Override
    public void setLogLevel(LogLevelRequest request, StreamObserver<Empty> reply) {
        life.called();
        LOG.info("log level {} for {} s", request.getLevel(), request.getDurationSeconds());
        RootLogs.level(request.getLevel(), Duration.ofSeconds(request.getDurationSeconds()));
        reply.onNext(Empty.getDefaultInstance());
        reply.onCompleted();
    }

    @Override
    public void quit(Empty request, StreamObserver<QuitReply> reply) {
        // The session of a service may be another user's; one's own ends with one's user daemon.
        if (!service) {
            endSession();
        }
        reply.onNext(QuitReply.newBuilder().setStays(service).build());
        reply.onCompleted();
        if (!service) {
            life.quit("it was told to");
        }
    }

    /** Waits until the machine is as it was before the session, if there is one. */
    void endSession() {
        SessionRunner running = session.get();
        if (running != null) {
            running.endAndAwait();
        }
    }

    private NetworkStatus status() {
        NetworkStatus now = Optional.ofNullable(session.get())
                .flatMap(SessionRunner::status)
                .orElse(NetworkStatus.getDefaultInstance());
        return now.toBuilder().setIsService(service).build();
    }

    private record Wishes(SessionRunner runner) implements StreamObserver<NetworkConfig> {
        @Override
        public void onNext(NetworkConfig config) {
            runner.wish(config);
        }

        @Override
        public void onError(Throwable error) {
            runner.end();
        }

        @Override
        public void onCompleted() {
            runner.end();
        }
    }

    private static final class Ignored implements StreamObserver<NetworkConfig> {
        @Override
        public void onNext(NetworkConfig config) {}

        @Override
        public void onError(Throwable error) {}

        @Override
        public void onCompleted() {}
    }
}
