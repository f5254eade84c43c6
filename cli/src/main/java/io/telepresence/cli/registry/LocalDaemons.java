package io.telepresence.cli.registry;

import io.telepresence.agree.LocalEndpoint;
import io.telepresence.cli.connector.GrpcDaemon;
import io.telepresence.cli.connector.Rpc;
import io.telepresence.cli.daemon.ContainerDaemon;
import io.telepresence.cli.daemon.Daemon;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.common.Empty;
import io.telepresence.rpc.common.VersionInfo;
import io.telepresence.rpc.rootd.QuitReply;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The daemons of this machine, behind their unix sockets. */
public final class LocalDaemons implements DaemonRegistry {
    private static final Path ROOT_START_LOG = Path.of("/var/log/telepresence/daemon-start.log");
    private static final Duration QUICK = Duration.ofSeconds(5);
    private static final Duration FAREWELL = Duration.ofSeconds(5);

    private final Discovery discovery;
    private static final FileAttribute<?> PRIVATE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private final DaemonLauncher launcher;
    private final Path userLogs;
    private final ContainerDaemons connections;

    private LocalDaemons(Discovery discovery, DaemonLauncher launcher, Path userLogs) {
        this.discovery = discovery;
        this.launcher = launcher;
        this.userLogs = userLogs;
        this.connections = new ContainerDaemons(discovery.userSocket().getParent());
    }

    /**
     * The daemons of the caller.
     *
     * @param executable bin/telepresence, which starts them
     */
    public static LocalDaemons of(Map<String, String> environment, Path executable) {
        Discovery discovery = Discovery.of(environment);
        Path home = Path.of(environment.getOrDefault("HOME", "/tmp"));
        return new LocalDaemons(
                discovery,
                new DaemonLauncher(executable, discovery.uid() == 0),
                LocalEndpoint.logs(environment, home, discovery.uid()));
    }

    /** The connections in containers, whether they run or not. */
    public ContainerDaemons connections() {
        return connections;
    }

    /** Where logs of this user go. */
    public Path logs() {
        return userLogs;
    }

    @Override
    public List<ContainerDaemon> containers() throws FaultException {
        return connections.live();
    }

    @Override
    public boolean hasContainers() throws FaultException {
        return !connections.all().isEmpty();
    }

    @Override
    public boolean hasHandlers() {
        return connections.notes().any();
    }

    @Override
    public Daemon in(ContainerDaemon connection) {
        return new GrpcDaemon(connection);
    }

    @Override
    public Optional<Daemon> user() throws FaultException {
        return discovery.userListens() ? Optional.of(new GrpcDaemon(discovery.userSocket())) : Optional.empty();
    }

    @Override
    public Daemon launchUser() throws FaultException {
        try {
            Files.createDirectories(userLogs, PRIVATE);
        } catch (IOException e) {
            throw Fault.user("the log directory " + userLogs + " cannot be made: " + e.getMessage(), "")
                    .exception(e);
        }
        launcher.user(userLogs.resolve("connector-start.log"), discovery::userListens);
        return new GrpcDaemon(discovery.userSocket());
    }

    @Override
    public Optional<String> rootVersion() throws FaultException {
        if (!discovery.rootListens()) {
            return Optional.empty();
        }
        return Optional.of(root().ask("telepresence.rootd.RootDaemon/Version", empty(), VersionInfo.parser(), QUICK)
                .getVersion());
    }

    @Override
    public void launchRoot() throws FaultException {
        launcher.root(ROOT_START_LOG, discovery::rootListens);
    }

    @Override
    public boolean quitRoot() throws FaultException {
        return root().ask("telepresence.rootd.RootDaemon/Quit", empty(), QuitReply.parser(), QUICK)
                .getStays();
    }

    @Override
    public void awaitEnd() {
        long end = System.nanoTime() + FAREWELL.toNanos();
        try {
            while (discovery.userListens() && System.nanoTime() < end) {
                Thread.sleep(Duration.ofMillis(10));
            }
        } catch (FaultException e) {
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Rpc root() {
        return new Rpc(discovery.rootSocket(), "root daemon");
    }

    private static Empty empty() {
        return Empty.getDefaultInstance();
    }
}
