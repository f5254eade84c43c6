package io.telepresence.rootd.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journal of what was changed on this machine and does not vanish with the process: one undo command per line, in
 * order. A line is on disk before its change is made. Whoever finds a journal of a dead process runs its lines from the
 * last to the first; running a line twice, or for a change that was never made, must do no harm.
 *
 * <p>Thread-safe. The file is 0600, root's.
 */
public final class UndoJournal {
    private static final Logger LOG = LoggerFactory.getLogger(UndoJournal.class);
    /** Name of the journal within the daemon's directory. */
    static final String NAME = "journal";

    private final Path file;
    private final HostCommands host;
    private final List<Change> changes = new ArrayList<>();

    public UndoJournal(Path directory, HostCommands host) {
        this.file = directory.resolve(NAME);
        this.host = host;
    }

    /** One change that can be taken back; closing it does so, once. Where that cannot be tried, it stays in the journal. */
    public final class Change implements AutoCloseable {
        private final List<String> undo;

        private Change(List<String> undo) {
            this.undo = undo;
        }

        @Override
        public void close() {
            if (isOpen(this) && undo(host, undo)) {
                forget(this);
            }
        }
    }

    /** Writes down how to undo what is about to be done. */
    public synchronized Change record(List<String> undo) throws IOException {
        Change change = new Change(List.copyOf(undo));
        changes.add(change);
        try {
            write();
        } catch (IOException e) {
            changes.remove(change);
            throw e;
        }
        return change;
    }

    /** Takes back everything, last change first. */
    public void undoAll() {
        for (Change change : newestFirst()) {
            change.close();
        }
    }

    /**
     * Undoes what killed predecessors left behind in {@code directory}; to be called before this process changes
     * anything, by the holder of the daemon's lock.
     *
     * @return how many changes there were
     */
    public static int undoLeftOvers(Path directory, HostCommands host) throws IOException {
        int undone = 0;
        if (!Files.isDirectory(directory)) {
            return undone;
        }
        try (DirectoryStream<Path> journals = Files.newDirectoryStream(directory, NAME + "*")) {
            for (Path journal : journals) {
                List<String> lines = Files.readAllLines(journal);
                for (String line : lines.reversed()) {
                    undo(host, Shell.words(line));
                    undone++;
                }
                Files.deleteIfExists(journal);
            }
        }
        return undone;
    }

    /** False: the command could not be run to its end, so the change may be there still. */
    private static boolean undo(HostCommands host, List<String> command) {
        try {
            HostCommands.Result result = host.run("", command);
            if (!result.ok()) {
                LOG.debug("nothing to undo: {}: {}", command, result.err().strip());
            }
            return true;
        } catch (IOException e) {
            LOG.warn("could not undo: {}: {}", command, e.getMessage());
            return false;
        }
    }

    private synchronized boolean isOpen(Change change) {
        return changes.contains(change);
    }

    private synchronized List<Change> newestFirst() {
        return List.copyOf(changes).reversed();
    }

    private synchronized void forget(Change change) {
        changes.remove(change);
        try {
            write();
        } catch (IOException e) {
            LOG.warn("cannot write {}: a change that is undone already may be undone again", file, e);
        }
    }

    private void write() throws IOException {
        if (changes.isEmpty()) {
            Files.deleteIfExists(file);
            return;
        }
        StringBuilder text = new StringBuilder();
        changes.forEach(c -> text.append(Shell.line(c.undo)).append('\n'));
        Path next = file.resolveSibling("next-" + NAME);
        var mode = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
        Files.deleteIfExists(next);
        var options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        try (FileChannel out = FileChannel.open(next, options, mode)) {
            out.write(ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8)));
            out.force(true);
        }
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
