package io.telepresence.userd.mount;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory to mount on, checked. One that we made cannot be written to while nothing is mounted there, so that what
 * programs write does not end up on this machine instead of in the pod.
 *
 * @param directory its real path
 * @param made we made it, so we remove it
 */
record MountPoint(Path directory, boolean made) {
    private static final Logger LOG = LoggerFactory.getLogger(MountPoint.class);
    private static final String REMEDY = "Name an empty directory of yours, or one that does not exist yet";

    private static final Set<PosixFilePermission> WRITABLE = PosixFilePermissions.fromString("rwx------");
    private static final Set<PosixFilePermission> SHUT = PosixFilePermissions.fromString("r-x------");

    /** A new directory {@code telfs-<n>} (0500) below {@code root}, which is made if need be. */
    static MountPoint temporary(Path root) throws FaultException {
        try {
            Files.createDirectories(root);
            return new MountPoint(
                    Files.createTempDirectory(root, "telfs-", PosixFilePermissions.asFileAttribute(SHUT))
                            .toRealPath(),
                    true);
        } catch (IOException e) {
            throw Fault.user("cannot make a mount point in " + root + ": " + reason(e), "")
                    .exception(e);
        }
    }

    /**
     * The user's choice: made (0500) if it does not exist, else an empty directory of the user's that nothing is mounted
     * on.
     */
    static MountPoint chosen(String path, long uid) throws FaultException {
        Path wished = Path.of(path);
        if (!wished.isAbsolute()) {
            throw refused(path, "it is not an absolute path").exception();
        }
        try {
            Files.createDirectory(wished, PosixFilePermissions.asFileAttribute(SHUT));
            return new MountPoint(wished.toRealPath(), true);
        } catch (FileAlreadyExistsException e) {
            return existing(path, uid);
        } catch (NoSuchFileException e) {
            throw refused(path, "its parent directory does not exist").exception(e);
        } catch (IOException e) {
            throw refused(path, reason(e)).exception(e);
        }
    }

    private static MountPoint existing(String path, long uid) throws FaultException {
        try {
            // A dead FUSE mount would answer every look at it with an error: the table first.
            if (MountTable.type(Path.of(path)).isPresent()) {
                throw refused(path, "something is mounted there").exception();
            }
            Path real = Path.of(path).toRealPath();
            if (!Files.isDirectory(real)) {
                throw refused(path, "it is not a directory").exception();
            }
            if (MountTable.type(real).isPresent()) {
                throw refused(path, "something is mounted there").exception();
            }
            long owner = ((Number) Files.getAttribute(real, "unix:uid")).longValue();
            if (uid != 0 && owner != uid || !Files.isWritable(real)) {
                throw refused(path, "you cannot write to it").exception();
            }
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(real)) {
                if (entries.iterator().hasNext()) {
                    throw refused(path, "it is not empty").exception();
                }
            }
            return new MountPoint(real, false);
        } catch (IOException e) {
            throw refused(path, reason(e)).exception(e);
        }
    }

    /**
     * Lets a user mount: what we made is writable until the result is closed, which also works once something is mounted
     * there.
     */
    Closeable open() throws IOException {
        if (!made) {
            return () -> {};
        }
        DirectoryStream<Path> entries = Files.newDirectoryStream(directory);
        if (!(entries instanceof SecureDirectoryStream<Path> held)) {
            return entries;
        }
        PosixFileAttributeView below = held.getFileAttributeView(PosixFileAttributeView.class);
        below.setPermissions(WRITABLE);
        return () -> {
            try (held) {
                below.setPermissions(SHUT);
            }
        };
    }

    /** Removes the directory if we made it and nothing is in it. */
    void remove() {
        if (made) {
            removeIfEmpty(directory);
        }
    }

    static void removeIfEmpty(Path directory) {
        try {
            Files.deleteIfExists(directory);
        } catch (DirectoryNotEmptyException e) {
            LOG.warn("{} stays: it is not empty", directory);
            giveBack(directory);
        } catch (IOException e) {
            LOG.warn("{} stays: {}", directory, reason(e));
        }
    }

    private static void giveBack(Path directory) {
        try {
            Files.setPosixFilePermissions(directory, WRITABLE);
        } catch (IOException e) {
            LOG.warn("{} stays unwritable: {}", directory, reason(e));
        }
    }

    private static Fault refused(String path, String why) {
        return Fault.user("cannot mount on \"" + path + "\": " + why, REMEDY);
    }

    private static String reason(IOException e) {
        return e instanceof java.nio.file.FileSystemException f && f.getReason() != null
                ? f.getReason()
                : e.getClass().getSimpleName().equals("AccessDeniedException")
                        ? "permission denied"
                        : String.valueOf(e.getMessage());
    }
}
