package io.telepresence.userd.rootd;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.common.LogLevelRequest;
import io.telepresence.rpc.common.VersionInfo;
import io.telepresence.rpc.rootd.NetworkConfig;
import io.telepresence.rpc.rootd.NetworkStatus;
import io.telepresence.run.Backoff;
import io.telepresence.run.Threads;
import io.telepresence.run.Watched;
import io.telepresence.userd.health.HealthWarning;
import io.telepresence.userd.health.HealthWarnings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The network of this machine, kept as desired: when the root daemon is lost it is started again and told the same.
 * What other packages use of this one; thread-safe.
 */
public final class RootDaemonClient implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RootDaemonClient.class);
    private static final int SETUP_SECONDS = 10;
    /** So long a daemon that was started may take until it listens; no other is started meanwhile. */
    private static final Duration STARTING = Duration.ofSeconds(10);

    private final Path socket;
    private final RootDaemonLauncher launcher;
    private final HealthWarnings health;
    private final Watched<NetworkStatus> status = new Watched<>(NetworkStatus.getDefaultInstance());
    private final CountDownLatch closed = new CountDownLatch(1);
    private NetworkConfig config;
    private RootDaemonSession link;

    private RootDaemonClient(Path socket, RootDaemonLauncher launcher, HealthWarnings health, NetworkConfig config) {
        this.socket = socket;
        this.launcher = launcher;
        this.health = health;
        this.config = config;
    }

    /** Sets the network up; the root daemon must run already. Blocks until it is done. */
    public static RootDaemonClient open(
            Path socket, RootDaemonLauncher launcher, HealthWarnings health, NetworkConfig config)
            throws FaultException {
        if (!Files.exists(socket)) {
            throw Fault.unreachable("the root daemon is not running", "telepresence connect starts it")
                    .exception();
        }
        RootDaemonClient daemon = new RootDaemonClient(socket, launcher, health, config);
        try {
            daemon.connect();
            return daemon;
        } catch (FaultException | RuntimeException e) {
            daemon.close();
            throw e;
        }
    }

    /** The state that the root daemon reached last. */
    public Watched<NetworkStatus> status() {
        return status;
    }

    /** Wishes another network. */
    public synchronized void update(NetworkConfig next) {
        if (!next.equals(config)) {
            config = next;
            if (link != null) {
                link.update(next);
            }
        }
    }

    /** The version of the root daemon that runs now; empty: none does. */
    public static Optional<VersionInfo> version(Path socket) {
        return Files.exists(socket) ? RootDaemonSession.version(socket) : Optional.empty();
    }

    /** Ends the daemon; true: it is a service and stays. */
    public static boolean quit(Path socket) {
        return Files.exists(socket) && RootDaemonSession.quit(socket);
    }

    public static void logLevel(Path socket, LogLevelRequest request) throws FaultException {
        if (Files.exists(socket)) {
            RootDaemonSession.logLevel(socket, request);
        }
    }

    @Override
    public void close() {
        closed.countDown();
        RootDaemonSession last;
        synchronized (this) {
            last = link;
            link = null;
        }
        if (last != null) {
            last.close();
        }
    }

    private void connect() throws FaultException {
        NetworkConfig wished;
        synchronized (this) {
            wished = config;
        }
        int seconds = SETUP_SECONDS + wished.getCarrierConnectMs() / 1000;
        RootDaemonSession opened = RootDaemonSession.open(socket, wished, this::heard, this::lost, seconds);
        RootDaemonSession useless = opened;
        synchronized (this) {
            if (closed.getCount() > 0 && !opened.over()) {
                useless = link;
                link = opened;
                if (!config.equals(wished)) {
                    opened.update(config);
                }
            }
        }
        if (useless != null) {
            useless.close();
        }
    }

    private void heard(NetworkStatus now) {
        if (now.hasFault()) {
            health.raise(HealthWarning.NETWORK, now.getFault().getText());
        } else {
            health.clear(HealthWarning.NETWORK);
        }
        if (now.getDns().getError().isEmpty()) {
            health.clear(HealthWarning.DNS);
        } else {
            health.raise(HealthWarning.DNS, now.getDns().getError());
        }
        status.set(now);
    }

    private void lost(String why) {
        RootDaemonSession last;
        synchronized (this) {
            last = link;
            link = null;
        }
        if (closed.getCount() > 0) {
            LOG.warn("the root daemon is lost: {}", why);
            health.raise(HealthWarning.ROOT_DAEMON, "");
            status.set(NetworkStatus.getDefaultInstance());
        }
        // Not here, on the loop of what is closed.
        Threads.virtual("root-daemon-again", () -> again(last));
    }

    private void again(RootDaemonSession last) {
        if (last != null) {
            last.close();
        }
        Backoff backoff = new Backoff(Duration.ofMillis(200), Duration.ofSeconds(10));
        long launched = System.nanoTime() - STARTING.toNanos();
        try {
            while (!closed.await(backoff.next().toMillis(), TimeUnit.MILLISECONDS)) {
                try {
                    if (version(socket).isEmpty() && System.nanoTime() - launched >= STARTING.toNanos()) {
                        launcher.launch();
                        launched = System.nanoTime();
                    }
                    connect();
                    health.clear(HealthWarning.ROOT_DAEMON);
                    return;
                } catch (FaultException e) {
                    if (closed.getCount() > 0) {
                        health.raise(HealthWarning.ROOT_DAEMON, e.fault().toString());
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
