package io.telepresence.agent.sftp;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Set;

/** A regular file that is open. */
final class OpenFile implements Closeable {
    static final int READ = 0x01;
    static final int WRITE = 0x02;
    static final int APPEND = 0x04;
    static final int CREATE = 0x08;
    static final int TRUNCATE = 0x10;
    static final int EXCLUSIVE = 0x20;

    private static final int CHANGING = WRITE | APPEND | CREATE | TRUNCATE;

    private final FileChannel channel;
    private final FileTree tree;
    private final String path;
    private final boolean writing;
    private final boolean appending;
    private Attributes known;

    private OpenFile(FileChannel channel, VolumePath place, int flags, Attributes known) {
        this.channel = channel;
        this.tree = place.tree();
        this.path = place.path();
        this.writing = (flags & WRITE) != 0;
        this.appending = (flags & APPEND) != 0 && writing;
        this.known = known;
    }

    /** Opens, or makes, what is at a path; see the flags of SSH_FXP_OPEN. Devices, pipes and sockets are refused. */
    static OpenFile open(FileTree tree, String path, int flags, Changes creation) throws IOException {
        boolean exclusive = (flags & EXCLUSIVE) != 0 && (flags & CREATE) != 0;
        try (VolumePath place = Walk.find(tree, path, !exclusive)) {
            if (place.isVirtual()) {
                throw Refused.failure("a directory");
            }
            if ((flags & CHANGING) != 0) {
                place.writable();
            }
            var found = place.found();
            if (found.isPresent() && !found.get().isRegularFile()) {
                throw Refused.failure(found.get().isDirectory() ? "a directory" : "not a regular file");
            }
            if (found.isEmpty() && (flags & CREATE) == 0) {
                throw Refused.noSuchFile("no such file");
            }
            return open(place, flags, creation);
        }
    }

    private static OpenFile open(VolumePath place, int flags, Changes creation) throws IOException {
        boolean write = (flags & WRITE) != 0;
        boolean read = (flags & READ) != 0 || !write;
        Set<OpenOption> options = new HashSet<>(Set.of(LinkOption.NOFOLLOW_LINKS));
        if ((flags & CREATE) != 0) {
            options.add((flags & EXCLUSIVE) != 0 ? StandardOpenOption.CREATE_NEW : StandardOpenOption.CREATE);
        }
        if ((flags & TRUNCATE) != 0) {
            options.add(StandardOpenOption.TRUNCATE_EXISTING);
        }
        if ((flags & (CREATE | TRUNCATE)) != 0 && !write) {
            // Java makes files only to write to them.
            options.add(StandardOpenOption.WRITE);
            place.parent()
                    .newByteChannel(place.name(), options, creation.creation())
                    .close();
            options.removeIf(o -> o != LinkOption.NOFOLLOW_LINKS);
        }
        if (write) {
            options.add(StandardOpenOption.WRITE);
        }
        if (read) {
            options.add(StandardOpenOption.READ);
        } else if ((flags & APPEND) != 0 && (flags & TRUNCATE) == 0) {
            options.add(StandardOpenOption.APPEND);
        }
        FileChannel channel = (FileChannel) place.parent().newByteChannel(place.name(), options, creation.creation());
        try {
            return new OpenFile(channel, place, flags, Attributes.of(place));
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    FileChannel channel() {
        return channel;
    }

    void write(long offset, ByteBuffer data) throws IOException {
        long at = appending ? channel.size() : offset;
        if (at < 0) {
            throw Refused.failure("too large");
        }
        while (data.hasRemaining()) {
            at += channel.write(data, at);
        }
    }

    /** Of this file, also when another one has taken its name: then the size is right and the rest as it was. */
    Attributes attributes() throws IOException {
        try (VolumePath place = Walk.find(tree, path, false)) {
            Attributes now = Attributes.of(place);
            if (now.key() != null && now.key().equals(known.key())) {
                known = now;
                return now;
            }
        } catch (IOException e) {
            // Gone, or moved.
        }
        return known.withSize(channel.size());
    }

    /** The size of a file that is written to can be changed even when it has lost its name. */
    void change(Changes changes) throws IOException {
        Changes left = changes;
        if (writing && changes.size().isPresent()) {
            Changes.resize(channel, changes.size().getAsLong());
            left = changes.withoutSize();
        }
        if (left.isNothing()) {
            return;
        }
        try (VolumePath place = Walk.find(tree, path, false)) {
            place.writable();
            if (!known.key().equals(Attributes.of(place).key())) {
                throw Refused.noSuchFile("the file has lost its name");
            }
            left.apply(place);
        }
    }

    String path() {
        return path;
    }

    void sync() throws IOException {
        channel.force(true);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
