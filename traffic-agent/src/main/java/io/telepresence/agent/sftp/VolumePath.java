package io.telepresence.agent.sftp;

import io.telepresence.agent.podinfo.AppVolume;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.Deque;
import java.util.Optional;

/**
 * A name in a directory that is held open, so that nobody can put another directory in its place; whether something is
 * there is another question. Or a directory that is not real. One thread; close it.
 */
final class VolumePath implements AutoCloseable {
    private final FileTree tree;
    private final String path;
    private final Path name;
    private final AppVolume volume;
    private final Deque<SecureDirectoryStream<Path>> held;
    private final SecureDirectoryStream<Path> parent;

    private VolumePath(
            FileTree tree,
            String path,
            Path name,
            AppVolume volume,
            Deque<SecureDirectoryStream<Path>> held,
            SecureDirectoryStream<Path> parent) {
        this.tree = tree;
        this.path = path;
        this.name = name;
        this.volume = volume;
        this.held = held;
        this.parent = parent;
    }

    static VolumePath virtual(FileTree tree, String path) {
        return new VolumePath(tree, path, null, null, null, null);
    }

    /**
     * @param path without any symbolic link in front of its last name
     * @param held what must be closed with the place
     */
    static VolumePath real(
            FileTree tree,
            String path,
            AppVolume volume,
            Deque<SecureDirectoryStream<Path>> held,
            SecureDirectoryStream<Path> parent) {
        Path name = Path.of(path.substring(path.lastIndexOf('/') + 1));
        return new VolumePath(tree, path, name, volume, held, parent);
    }

    /** A name in this directory, which {@code entries} are of; need not be closed. */
    VolumePath child(Path entry, SecureDirectoryStream<Path> entries) {
        return new VolumePath(tree, path + "/" + entry, entry, volume, null, entries);
    }

    boolean isVirtual() {
        return volume == null;
    }

    /** As the container knows it. */
    String path() {
        return path;
    }

    /** Null for a directory that is not real. */
    AppVolume volume() {
        return volume;
    }

    FileTree tree() {
        return tree;
    }

    SecureDirectoryStream<Path> parent() {
        return parent;
    }

    /** The last name, relative to {@link #parent}. */
    Path name() {
        return name;
    }

    /** For the few calls that know paths only; somebody may have changed what it leads to. */
    Path real() {
        return name == null
                ? tree.real(path)
                : tree.real(path.substring(0, path.lastIndexOf('/'))).resolve(name);
    }

    boolean sameVolume(VolumePath other) {
        return volume == other.volume;
    }

    /** @throws Refused unless files may be changed here */
    VolumePath writable() throws Refused {
        if (volume == null) {
            throw Refused.denied("not in a volume");
        }
        if (!tree.writable(volume)) {
            throw Refused.denied("read-only");
        }
        return this;
    }

    /** @throws Refused unless the name itself may be made, removed or given to something else */
    VolumePath changeable() throws Refused {
        if (tree.volumeAt(path).isPresent()) {
            throw Refused.denied("a volume is mounted here");
        }
        return writable();
    }

    BasicFileAttributeView basic() {
        return parent.getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
    }

    PosixFileAttributeView posix() {
        return parent.getFileAttributeView(name, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
    }

    Optional<BasicFileAttributes> found() throws IOException {
        try {
            return Optional.of(basic().readAttributes());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Its entries; a real directory only. */
    SecureDirectoryStream<Path> open() throws IOException {
        return parent.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS);
    }

    /** The file system can hold on to directories; all that an agent runs on can. */
    static SecureDirectoryStream<Path> open(Path directory) throws IOException {
        DirectoryStream<Path> stream = Files.newDirectoryStream(directory);
        if (stream instanceof SecureDirectoryStream<Path> secure) {
            return secure;
        }
        stream.close();
        throw Refused.failure("this system cannot confine files");
    }

    @Override
    public void close() {
        if (held != null) {
            Walk.close(held);
        }
    }
}
