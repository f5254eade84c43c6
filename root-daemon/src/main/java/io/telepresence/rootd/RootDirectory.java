package io.telepresence.rootd;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * A directory in which nobody but root can make, replace or link a file, so that what root opens there is what root put
 * there. Others may enter and read it.
 */
final class RootDirectory {
    private RootDirectory() {}

    /**
     * Makes the directory, or closes an existing one to the others' writing.
     *
     * @param container its owner may be the user whose process this is
     * @throws FaultException the directory is a link, or somebody else's
     */
    static Path open(Path directory, boolean container) throws FaultException {
        try {
            if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
                Files.createDirectories(directory);
            }
            boolean real = Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS);
            if (!real || !mayOwn(uid(directory), container)) {
                throw Fault.denied("the directory " + directory + " does not belong to root", "Remove it")
                        .exception();
            }
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
            return directory;
        } catch (IOException e) {
            throw Fault.denied("cannot make " + directory + ": " + e.getMessage(), "The root daemon runs as root")
                    .exception(e);
        }
    }

    /**
     * Checks a file that is written again and again in such a directory: a file of its own, or none yet.
     *
     * @throws FaultException it is a link, no ordinary file, or somebody else's
     */
    static void checkFile(Path file) throws FaultException {
        open(file.toAbsolutePath().getParent(), false);
        try {
            boolean there = Files.exists(file, LinkOption.NOFOLLOW_LINKS);
            if (there && (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || uid(file) != 0)) {
                throw Fault.denied("the file " + file + " does not belong to root", "Remove it")
                        .exception();
            }
        } catch (IOException e) {
            throw Fault.denied("cannot look at " + file + ": " + e.getMessage(), "")
                    .exception(e);
        }
    }

    private static boolean mayOwn(long uid, boolean container) throws IOException {
        return uid == 0 || container && uid == (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    }

    private static long uid(Path file) throws IOException {
        int uid = (Integer) Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS);
        return Integer.toUnsignedLong(uid);
    }
}
