package io.telepresence.agent.sftp;

import io.telepresence.agent.podinfo.AppVolume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Finds the place that a path leads to, name by name, and never outside the volumes of one container.
 *
 * <p>Programs in the pod, and clients, may change directories and links while we walk. So each directory is opened
 * relative to the one before, which is held open, and never through a symbolic link (openat with O_NOFOLLOW): what was
 * looked at is what is gone into. Links are read and followed here: a relative one must stay in its volume, an absolute
 * one is looked up from the container's root, among the same volumes. A link that was exchanged while it was read leads
 * to another place in the volumes, no further.
 *
 * <p>Files are opened, looked at, renamed and removed relative to the directory that is held open. Java can do four
 * things by path only: make a directory, a symbolic or a hard link, and read a link; see {@link ByPath}.
 */
final class Walk {
    private static final int MOST_LINKS = 40;
    private static final int MOST_NAMES = 256;

    private final FileTree tree;
    private final Deque<String> todo = new ArrayDeque<>();
    private final List<String> at = new ArrayList<>();
    /** Opened directories, innermost first; empty, or one for the root and one for each name in {@link #at}. */
    private final Deque<SecureDirectoryStream<Path>> held = new ArrayDeque<>();

    /** That {@link #at} is in; null outside volumes. */
    private AppVolume volume;

    private int links;

    private Walk(FileTree tree) {
        this.tree = tree;
    }

    /**
     * The place of a path; the name in it need not exist.
     *
     * @param path from the container's root
     * @param follow go on when a symbolic link is there
     * @throws java.nio.file.NoSuchFileException and others, if a directory on the way is missing
     */
    static VolumePath find(FileTree tree, String path, boolean follow) throws IOException {
        List<String> names = NamesOnDisk.split(path);
        if (names.contains("..")) {
            throw Refused.denied("'..' is not followed");
        }
        Walk walk = new Walk(tree);
        try {
            walk.todo.addAll(names);
            return walk.go(follow);
        } catch (IOException | RuntimeException e) {
            close(walk.held);
            throw e;
        }
    }

    static void close(Deque<SecureDirectoryStream<Path>> directories) {
        while (!directories.isEmpty()) {
            try {
                directories.pop().close();
            } catch (IOException e) {
                // It was only read.
            }
        }
    }

    private VolumePath go(boolean follow) throws IOException {
        while (!todo.isEmpty()) {
            String name = todo.pop();
            if (name.equals("..")) {
                up();
            } else {
                VolumePath place = step(name, todo.isEmpty(), follow);
                if (place != null) {
                    return place;
                }
            }
        }
        return here();
    }

    /** One name further; the place, if it is the last one. */
    private VolumePath step(String name, boolean last, boolean follow) throws IOException {
        String next = NamesOnDisk.join(at) + "/" + name;
        Optional<AppVolume> mounted = tree.volumeAt(next);
        AppVolume of = mounted.orElse(volume);
        if (of == null || of.local()) {
            if (!tree.leadsOn(next)) {
                throw Refused.noSuchFile("no such file");
            }
            close(held);
            at.add(name);
            volume = null;
            return null;
        }
        if (held.isEmpty()) {
            holdAll();
        }
        BasicFileAttributes found = look(name, last);
        if (found != null && found.isSymbolicLink() && mounted.isEmpty() && (!last || follow)) {
            followLink(next);
            return null;
        }
        if (last) {
            return VolumePath.real(tree, next, of, held, held.peek());
        }
        into(name, of);
        return null;
    }

    private BasicFileAttributes look(String name, boolean last) throws IOException {
        BasicFileAttributeView view = held.peek()
                .getFileAttributeView(Path.of(name), BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
        try {
            return view.readAttributes();
        } catch (java.nio.file.NoSuchFileException e) {
            if (last) {
                return null;
            }
            throw e;
        }
    }

    private void into(String name, AppVolume of) throws IOException {
        if (at.size() >= MOST_NAMES) {
            throw Refused.failure("more than " + MOST_NAMES + " directories deep");
        }
        held.push(held.peek().newDirectoryStream(Path.of(name), LinkOption.NOFOLLOW_LINKS));
        at.add(name);
        volume = of;
    }

    /** Opens the directories that lead to a volume. */
    private void holdAll() throws IOException {
        held.push(VolumePath.open(tree.base()));
        for (String name : at) {
            held.push(held.peek().newDirectoryStream(Path.of(name), LinkOption.NOFOLLOW_LINKS));
        }
    }

    private void followLink(String link) throws IOException {
        if (++links > MOST_LINKS) {
            throw Refused.failure("too many symbolic links");
        }
        String target = Files.readSymbolicLink(tree.real(link)).toString();
        List<String> names = NamesOnDisk.split(target);
        if (names.size() + todo.size() > MOST_NAMES) {
            throw Refused.failure("too long a path");
        }
        if (target.startsWith("/")) {
            close(held);
            at.clear();
            volume = null;
        }
        names.reversed().forEach(todo::push);
    }

    private void up() throws Refused {
        if (volume == null || tree.volumeAt(NamesOnDisk.join(at)).isPresent()) {
            throw Refused.denied("a symbolic link leads out of its volume");
        }
        try {
            held.pop().close();
        } catch (IOException e) {
            // It was only read.
        }
        at.removeLast();
    }

    /** The directory that was gone into last. */
    private VolumePath here() {
        String path = NamesOnDisk.join(at);
        if (volume == null) {
            close(held);
            return VolumePath.virtual(tree, path);
        }
        SecureDirectoryStream<Path> inner = held.pop();
        SecureDirectoryStream<Path> parent = held.peek();
        held.push(inner);
        return VolumePath.real(tree, path, volume, held, parent);
    }
}
