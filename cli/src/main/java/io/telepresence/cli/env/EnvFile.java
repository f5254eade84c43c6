package io.telepresence.cli.env;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;

/**
 * A file that the environment goes to. Readable by its owner only; it appears whole or not at all. What is there and is
 * no regular file, as a pipe, is written to as it is.
 *
 * @param path absolute
 */
public record EnvFile(Path path, EnvSyntax syntax) {
    /**
     * Whether the file could be written now.
     *
     * @throws FaultException one sentence: why not
     */
    public void check() throws FaultException {
        if (Files.isDirectory(path)) {
            throw refused("it is a directory");
        }
        if (special()) {
            if (!Files.isWritable(path)) {
                throw refused("no right to write it");
            }
            return;
        }
        Path directory = directory();
        if (!Files.isDirectory(directory)) {
            throw refused("there is no directory " + directory);
        }
        if (!Files.isWritable(directory)) {
            throw refused("no right to write in " + directory);
        }
    }

    /**
     * Writes it.
     *
     * @throws FaultException one sentence: why not; the file is as it was
     */
    public void write(Map<String, String> environment) throws FaultException {
        byte[] text = EnvBytes.bytes(syntax.text(environment));
        try {
            if (special()) {
                Files.write(path, text);
            } else {
                replace(text);
            }
        } catch (IOException e) {
            throw Fault.user("the environment cannot be written to " + path + ": " + reason(e), "")
                    .exception(e);
        }
    }

    private void replace(byte[] text) throws IOException {
        Path target = Files.isSymbolicLink(path) && Files.exists(path) ? path.toRealPath() : path;
        Path half = Files.createTempFile(
                parent(target),
                "." + target.getFileName(),
                ".new",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try {
            Files.write(half, text);
            move(half, target);
        } finally {
            Files.deleteIfExists(half);
        }
    }

    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private boolean special() {
        return Files.exists(path) && !Files.isRegularFile(path) && !Files.isDirectory(path);
    }

    private Path directory() throws FaultException {
        try {
            return parent(Files.isSymbolicLink(path) && Files.exists(path) ? path.toRealPath() : path);
        } catch (IOException e) {
            throw Fault.user("the environment cannot be written to " + path + ": " + reason(e), "")
                    .exception(e);
        }
    }

    private static Path parent(Path file) {
        Path parent = file.getParent();
        return parent == null ? Path.of("/") : parent;
    }

    private FaultException refused(String why) {
        return Fault.user("the environment cannot be written to " + path + ": " + why, "Name another file")
                .exception();
    }

    private static String reason(IOException e) {
        return e instanceof FileSystemException f && f.getReason() != null
                ? f.getReason()
                : e.getClass().getSimpleName();
    }
}
