package io.telepresence.rootd;

import io.telepresence.agree.LocalEndpoint;
import io.telepresence.agree.Versions;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.local.LocalServer;
import io.telepresence.local.NamedSocket;
import io.telepresence.rootd.host.HostCommands;
import io.telepresence.rootd.host.LinuxHost;
import io.telepresence.rootd.host.UndoJournal;
import io.telepresence.rootd.host.Watchdog;
import io.telepresence.rootd.session.Host;
import io.telepresence.rootd.tun.LinuxTun;
import io.telepresence.run.Closers;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.GroupPrincipal;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The wiring of the process. {@link #close} puts the machine back as it was and may be called from any thread, twice. */
final class RootDaemon implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RootDaemon.class);

    private final IdleShutdown life;
    private final Closers opened;

    private RootDaemon(IdleShutdown life, Closers opened) {
        this.life = life;
        this.opened = opened;
    }

    static RootDaemon open(RootOptions options) throws FaultException {
        Path directory = RootDirectory.open(LocalEndpoint.rootDirectory(), options.container());
        Closers opened = new Closers();
        try {
            opened.add(lock(directory));
            HostCommands host = new LinuxHost();
            int undone = UndoJournal.undoLeftOvers(directory, host);
            LOG.info(
                    "{} {} starts; {} changes of a killed predecessor undone",
                    options.service() ? "service" : "daemon",
                    Versions.VERSION,
                    undone);
            opened.add(Watchdog.start(directory));
            UndoJournal log = new UndoJournal(directory, host);
            opened.add(log::undoAll);
            IdleShutdown life = new IdleShutdown(options.service(), System::nanoTime);
            Host machine = new Host(host, log, LinuxTun::open, userDaemons(options), options.container());
            RootService service = new RootService(machine, options.service(), life);
            opened.add(listen(options, service));
            opened.add(service::endSession);
            return new RootDaemon(life, opened);
        } catch (FaultException | RuntimeException e) {
            opened.closeAfter(e);
            throw e;
        } catch (IOException e) {
            opened.closeAfter(e);
            throw Fault.internal("cannot start: " + e.getMessage()).exception(e);
        }
    }

    /** In a container there is nobody but its owner, who may be root there. */
    private static NamedSocket.Listeners userDaemons(RootOptions options) {
        if (options.container()) {
            return uid -> true;
        }
        return options.group().isEmpty()
                ? UserDaemons.of(Set.copyOf(options.owners()))
                : UserDaemons.ofGroupOf(LocalEndpoint.rootDaemon());
    }

    private static LocalServer listen(RootOptions options, RootService service) throws FaultException {
        if (options.group().isEmpty()) {
            Set<Long> allowed = new HashSet<>(options.owners());
            allowed.add(0L);
            return LocalServer.start(
                    LocalEndpoint.rootDaemon(), options.owners().getFirst(), allowed, List.of(service));
        }
        try {
            GroupPrincipal group = FileSystems.getDefault()
                    .getUserPrincipalLookupService()
                    .lookupPrincipalByGroupName(options.group());
            return LocalServer.startForGroup(LocalEndpoint.rootDaemon(), group, List.of(service));
        } catch (IOException e) {
            throw Fault.config("there is no group " + options.group(), "Make it: groupadd --system " + options.group())
                    .exception(e);
        }
    }

    /** Undoes what a killed daemon left behind; refused while one runs. */
    static int cleanUp() throws FaultException {
        try (FileChannel held = lock(RootDirectory.open(LocalEndpoint.rootDirectory(), false))) {
            LOG.debug("lock held: {}", held.isOpen());
            return UndoJournal.undoLeftOvers(LocalEndpoint.rootDirectory(), new LinuxHost());
        } catch (IOException e) {
            throw Fault.internal("cannot clean up: " + e.getMessage()).exception(e);
        }
    }

    void awaitEnd() throws InterruptedException {
        LOG.info("the daemon ends: {}", life.awaitEnd());
    }

    @Override
    public void close() throws Exception {
        opened.close();
    }

    private static FileChannel lock(Path directory) throws FaultException, IOException {
        FileChannel file =
                FileChannel.open(directory.resolve("rootd.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = file.tryLock();
        if (lock == null) {
            file.close();
            throw Fault.user("a root daemon is already running", "Run: telepresence quit -s")
                    .exception();
        }
        return file;
    }
}
