package io.telepresence.cli.registry;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/**
 * One file for each command that has containers beside this machine's daemon, written before they are made: without any,
 * no engine needs to be asked what is left.
 */
public final class HandlerPidFiles {
    private final Path directory;

    HandlerPidFiles(Path directory) {
        this.directory = directory;
    }

    /** Of this process; taken away by {@link #remove}. */
    public Path add() throws FaultException {
        var closed = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
        try {
            Files.createDirectories(directory, closed);
            return Files.createTempFile(directory, ProcessHandle.current().pid() + "-", "");
        } catch (IOException e) {
            throw Fault.user("the directory " + directory + " cannot be written: " + e.getMessage(), "")
                    .exception(e);
        }
    }

    public boolean any() {
        return !all().isEmpty();
    }

    public void remove(Path note) {
        try {
            Files.deleteIfExists(note);
        } catch (IOException e) {
            // It costs a question to the engine at the next quit.
            assert Files.exists(note) : e;
        }
    }

    /** Takes away those of commands that are gone, once what they left is. */
    public void removeDead() {
        all().stream().filter(n -> !lives(n)).forEach(this::remove);
    }

    private static boolean lives(Path note) {
        String name = note.getFileName().toString();
        String process = name.substring(0, Math.max(0, name.indexOf('-')));
        return process.matches("\\d{1,18}")
                && ProcessHandle.of(Long.parseLong(process)).isPresent();
    }

    private List<Path> all() {
        List<Path> notes = new ArrayList<>();
        if (!Files.isDirectory(directory)) {
            return notes;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            files.forEach(notes::add);
            return notes;
        } catch (IOException e) {
            return notes;
        }
    }
}
