package io.telepresence.userd.mount;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.connector.MountRequest;
import io.telepresence.userd.podaccess.PodAccessBroker;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The mounts of this daemon's session. Thread-safe. */
public final class Mounts {
    private static final Logger LOG = LoggerFactory.getLogger(Mounts.class);
    private static final Duration FIRST = Duration.ofSeconds(5);

    private final Settings settings;
    private final PodAccessBroker podAccess;
    private final Sshfs sshfs;
    private final MountJournal journal;
    private final Set<Path> taken = new LinkedHashSet<>();

    /**
     * @param environment of the daemon: where programs are looked for
     * @param root where new mount points are made
     * @param journal directory that remembers mounts over a kill of this daemon
     * @param uid of the user
     */
    public record Settings(Map<String, String> environment, Path root, Path journal, long uid) {}

    public Mounts(PodAccessBroker podAccess, Settings settings) {
        this.podAccess = podAccess;
        this.settings = settings;
        this.sshfs = Sshfs.of(settings.environment(), settings.uid());
        this.journal = new MountJournal(settings.journal());
    }

    /** Takes away what a killed daemon left mounted. */
    public static void cleanUp(Path journal) {
        new MountJournal(journal).cleanUp();
    }

    /**
     * Takes the mount point, before the engagement begins. A directory that the user chose must do; without a choice a
     * trouble is only told by {@link Volumes#error}.
     */
    public Volumes prepare(MountRequest request, boolean readOnly) throws FaultException {
        boolean none = request.getMode() == MountRequest.Mode.NONE || request.getLocalMountPort() != 0;
        if (none) {
            return new Volumes(null, readOnly, "");
        }
        boolean chosen = request.getMode() == MountRequest.Mode.PATH;
        Optional<String> missing = sshfs.missing();
        if (missing.isPresent()) {
            if (chosen) {
                throw Fault.user(
                                "cannot mount on \"" + request.getPath() + "\": " + missing.get(),
                                "Install it, or use --mount=false")
                        .exception();
            }
            LOG.info("no mounts: {}", missing.get());
            return new Volumes(null, readOnly, missing.get());
        }
        if (!chosen) {
            try {
                return new Volumes(take(MountPoint.temporary(settings.root())), readOnly, "");
            } catch (FaultException e) {
                return new Volumes(null, readOnly, e.fault().text());
            }
        }
        free(Path.of(request.getPath()).normalize());
        return new Volumes(take(MountPoint.chosen(request.getPath(), settings.uid())), readOnly, "");
    }

    /** The volumes of one engagement on this machine: first a place for them, then a mount. Thread-safe. */
    public final class Volumes implements AutoCloseable {
        private final MountPoint point;
        private final boolean readOnly;
        private final String trouble;
        private VolumeMounter mounting;
        private AutoCloseable noted;
        private boolean closed;

        private Volumes(MountPoint point, boolean readOnly, String trouble) {
            this.point = point;
            this.readOnly = readOnly;
            this.trouble = trouble;
        }

        /**
         * Mounts, if there is a place; waits for the first try for at most five seconds.
         *
         * @param engagementId asked for at each try
         * @param source what {@code df} shows
         */
        public void mount(Supplier<String> engagementId, String source) throws FaultException {
            VolumeMounter begun;
            synchronized (this) {
                if (point == null || closed || mounting != null) {
                    return;
                }
                try {
                    noted = journal.enter(point);
                } catch (IOException e) {
                    throw Fault.internal("cannot record the mount in " + settings.journal() + ": " + e.getMessage())
                            .exception(e);
                }
                begun = VolumeMounter.start(
                        podAccess,
                        sshfs,
                        new VolumeMounter.Spec(engagementId, source, point, readOnly, Silence.PATIENCE));
                mounting = begun;
            }
            begun.awaitFirst(FIRST);
        }

        /** Empty: there is no place. */
        public Optional<Path> directory() {
            return Optional.ofNullable(point).map(MountPoint::directory);
        }

        public boolean readOnly() {
            return readOnly;
        }

        /** Why the volumes are not mounted now; empty: they are, or nobody asked. */
        public synchronized String error() {
            return mounting == null ? trouble : mounting.error();
        }

        /** Unmounts and gives the place back; takes at most two seconds. */
        @Override
        public void close() throws Exception {
            VolumeMounter last;
            synchronized (this) {
                last = closed ? null : mounting;
                if (closed || point == null) {
                    return;
                }
                closed = true;
            }
            if (last != null) {
                last.close();
            }
            if (MountTable.type(point.directory()).isEmpty()) {
                point.remove();
            }
            if (noted != null && MountTable.type(point.directory()).isEmpty()) {
                noted.close();
            }
            synchronized (taken) {
                taken.remove(point.directory());
            }
        }
    }

    private MountPoint take(MountPoint point) throws FaultException {
        synchronized (taken) {
            free(point.directory());
            taken.add(point.directory());
            return point;
        }
    }

    /** Also below a mount point: what is made there would be made in the pod. */
    private void free(Path wished) throws FaultException {
        synchronized (taken) {
            for (Path each : taken) {
                if (wished.startsWith(each) || each.startsWith(wished)) {
                    throw Fault.user(
                                    "the mount point " + each + " is used by another engagement",
                                    "Choose another directory, or leave that engagement first")
                            .exception();
                }
            }
        }
    }
}
