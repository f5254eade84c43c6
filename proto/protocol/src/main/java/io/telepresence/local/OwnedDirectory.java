package io.telepresence.local;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** A directory that only its owner can enter. */
public final class OwnedDirectory {
    private OwnedDirectory() {}

    /**
     * Creates the directory 0700, or checks that an existing one is a real directory (no link), belongs to {@code uid}
     * and is closed to everybody else.
     */
    public static Path create(Path directory, long uid) throws FaultException {
        try {
            if (directory.getParent() != null) {
                Files.createDirectories(directory.getParent());
            }
            Files.createDirectory(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (FileAlreadyExistsException e) {
            check(directory, uid);
        } catch (IOException e) {
            throw Fault.internal("cannot create the directory " + directory + ": " + e.getMessage())
                    .exception(e);
        }
        return directory;
    }

    private static void check(Path directory, long uid) throws FaultException {
        try {
            var facts = Files.readAttributes(directory, "unix:uid,mode,isDirectory", LinkOption.NOFOLLOW_LINKS);
            boolean safe = Boolean.TRUE.equals(facts.get("isDirectory"))
                    && ((Number) facts.get("uid")).longValue() == uid
                    && ((Number) facts.get("mode")).intValue() % 0100 == 0;
            if (!safe) {
                throw Fault.denied(
                                "the directory " + directory + " is not private to you",
                                "Remove it, or set XDG_RUNTIME_DIR to a directory that only you can enter")
                        .exception();
            }
        } catch (IOException e) {
            throw Fault.internal("cannot look at the directory " + directory + ": " + e.getMessage())
                    .exception(e);
        }
    }
}
