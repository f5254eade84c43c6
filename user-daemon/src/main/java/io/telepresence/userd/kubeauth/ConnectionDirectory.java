package io.telepresence.userd.kubeauth;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * The directory of one connection, as long as it is that one's: at its end it is removed, and another connection of the
 * same name gets another one at the same path. It is held open meanwhile, so that its number is not given to another one.
 * Thread-safe.
 */
public final class ConnectionDirectory implements AutoCloseable {
    private final Path path;
    private final DirectoryStream<Path> held;
    private final Object key;

    private ConnectionDirectory(Path path, DirectoryStream<Path> held, Object key) {
        this.path = path;
        this.held = held;
        this.key = key;
    }

    /** @throws IOException there is none */
    public static ConnectionDirectory open(Path path) throws IOException {
        DirectoryStream<Path> held = Files.newDirectoryStream(path);
        try {
            return new ConnectionDirectory(path, held, key(path));
        } catch (IOException e) {
            held.close();
            throw e;
        }
    }

    /** Whether it is still there, and the same one. */
    public boolean isThere() {
        try {
            return key.equals(key(path));
        } catch (IOException e) {
            return false;
        }
    }

    private static Object key(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .fileKey();
    }

    @Override
    public void close() throws IOException {
        held.close();
    }
}
