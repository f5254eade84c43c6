package io.telepresence.userd;

import io.grpc.BindableService;
import io.grpc.ServerInterceptors;
import io.telepresence.agree.LocalEndpoint;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.local.LocalServer;
import io.telepresence.local.OwnedDirectory;
import io.telepresence.local.SecretServer;
import io.telepresence.run.Closers;
import io.telepresence.run.Threads;
import io.telepresence.userd.connect.Connector;
import io.telepresence.userd.connect.DaemonPaths;
import io.telepresence.userd.kubeauth.KubeAuthClient;
import io.telepresence.userd.logs.LogSetup;
import io.telepresence.userd.mount.Mounts;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;

/** The wiring of the user daemon: listens until it is told to quit. One for each user, kept so by a file lock. */
final class UserDaemon implements AutoCloseable {
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Closers opened = new Closers();

    private UserDaemon() {}

    /**
     * Where else than at its socket this daemon answers, for a container whose socket the laptop cannot use.
     *
     * @param port on all addresses; zero: nowhere else
     * @param secret file where the secret that callers must know is written
     */
    record Endpoint(int port, Path secret) {
        static final Endpoint NONE = new Endpoint(0, Path.of(""));
    }

    /** @param host the way to the laptop, where this is a container */
    static UserDaemon open(DaemonPaths place, LogSetup logs, KubeAuthClient host, Endpoint endpoint)
            throws FaultException {
        UserDaemon daemon = new UserDaemon();
        try {
            daemon.listen(place, logs, host, endpoint);
            return daemon;
        } catch (FaultException | RuntimeException e) {
            daemon.opened.closeAfter(e);
            throw e;
        }
    }

    void awaitEnd() throws InterruptedException {
        ended.await();
    }

    void end() {
        ended.countDown();
    }

    @Override
    public void close() throws Exception {
        opened.close();
    }

    private void listen(DaemonPaths place, LogSetup logs, KubeAuthClient host, Endpoint endpoint)
            throws FaultException {
        Path directory = OwnedDirectory.create(place.directory(), place.uid());
        lock(directory);
        Connector connector = new Connector(place);
        CommandTerminals terminals = new CommandTerminals();
        ConnectorService service = new ConnectorService(
                new ConnectService(connector, terminals, logs, ended),
                new StatusService(connector, host),
                new EngageService(connector),
                new KubeService(connector, terminals),
                new ManagerProxy(connector),
                new ConfigService(connector),
                new LogService(connector, logs),
                host,
                terminals);
        BindableService watched =
                () -> ServerInterceptors.intercept(service, new ActivityInterceptor(connector::asked));
        opened.add(LocalServer.start(
                LocalEndpoint.userDaemon(directory),
                place.uid(),
                Set.copyOf(List.of(place.uid(), 0L)),
                List.of(watched)));
        if (endpoint.port() != 0) {
            opened.add(SecretServer.start(endpoint.port(), endpoint.secret(), List.of(watched)));
        }
        opened.add(connector::quit);
        Threads.virtual("clean-mounts", () -> Mounts.cleanUp(place.mounts()));
    }

    private void lock(Path directory) throws FaultException {
        try {
            FileChannel file = opened.add(FileChannel.open(
                    directory.resolve("userd.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE));
            FileLock lock = file.tryLock();
            if (lock == null) {
                throw Fault.user("another user daemon is already running", "").exception();
            }
        } catch (IOException e) {
            throw Fault.internal("cannot lock " + directory + ": " + e.getMessage())
                    .exception(e);
        }
    }
}
