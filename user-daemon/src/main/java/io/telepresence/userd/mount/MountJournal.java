package io.telepresence.userd.mount;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory with one small file for each mount, written before the mount is made: what a daemon that was killed left
 * behind is taken away by the next one. Entries of daemons that live are not touched.
 */
final class MountJournal {
    private static final Logger LOG = LoggerFactory.getLogger(MountJournal.class);
    private final Path directory;

    MountJournal(Path directory) {
        this.directory = directory;
    }

    /** Notes a mount; closing the result forgets it. */
    AutoCloseable enter(MountPoint point) throws IOException {
        Files.createDirectories(directory);
        ProcessHandle own = ProcessHandle.current();
        Path entry = Files.createTempFile(directory, "mount-", "");
        Files.writeString(
                entry,
                String.join("\n", Long.toString(own.pid()), started(own), Boolean.toString(point.made()), "")
                        + point.directory());
        return () -> Files.deleteIfExists(entry);
    }

    /** Unmounts and removes what dead daemons left; takes about a second for each at most. */
    void cleanUp() {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, "mount-*")) {
            for (Path entry : entries) {
                cleanUp(entry);
            }
        } catch (NoSuchFileException e) {
            LOG.debug("no mounts were ever made");
        } catch (IOException e) {
            LOG.warn("reading {}: {}", directory, e.toString());
        }
    }

    private static void cleanUp(Path entry) throws IOException {
        List<String> lines = Files.readAllLines(entry);
        if (lines.size() < 4) {
            Files.deleteIfExists(entry);
            return;
        }
        if (alive(lines.get(0), lines.get(1))) {
            return;
        }
        Path at = Path.of(String.join("\n", lines.subList(3, lines.size())));
        if (MountTable.type(at).filter(MountTable.SSHFS::equals).isPresent()) {
            LOG.info("unmounting {}, which a dead daemon left", at);
            Unmount.lazily(at);
        }
        if (lines.get(2).equals("true") && MountTable.type(at).isEmpty()) {
            MountPoint.removeIfEmpty(at);
        }
        Files.deleteIfExists(entry);
    }

    private static boolean alive(String pid, String start) {
        try {
            return ProcessHandle.of(Long.parseLong(pid))
                    .filter(p -> started(p).equals(start))
                    .isPresent();
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private static String started(ProcessHandle process) {
        return process.info().startInstant().map(Instant::toString).orElse("?");
    }
}
