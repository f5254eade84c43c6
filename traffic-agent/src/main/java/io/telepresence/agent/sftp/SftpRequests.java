package io.telepresence.agent.sftp;

import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Comparator;

/** Fulfils one request at a time and answers it; one thread. */
final class SftpRequests implements AutoCloseable {
    private static final int OPEN = 3;
    private static final int CLOSE = 4;
    private static final int READ = 5;
    private static final int WRITE = 6;
    private static final int LSTAT = 7;
    private static final int FSTAT = 8;
    private static final int SETSTAT = 9;
    private static final int FSETSTAT = 10;
    private static final int OPENDIR = 11;
    private static final int READDIR = 12;
    private static final int REMOVE = 13;
    private static final int MKDIR = 14;
    private static final int RMDIR = 15;
    private static final int REALPATH = 16;
    private static final int STAT = 17;
    private static final int RENAME = 18;
    private static final int READLINK = 19;
    private static final int SYMLINK = 20;
    private static final int EXTENDED = 200;

    private static final long STATVFS_READ_ONLY = 1;
    private static final long STATVFS_NO_SETUID = 2;
    private static final long BLOCK = 4096;
    private static final long LONGEST_NAME = 255;

    private final FileTree tree;
    private final SftpReplies replies;
    private final Handles handles = new Handles();

    SftpRequests(FileTree tree, SftpReplies replies) {
        this.tree = tree;
        this.replies = replies;
    }

    /** @throws IOException when the request fails: then nothing was answered */
    void serve(int type, int id, PacketReader in) throws IOException {
        switch (type) {
            case OPEN -> open(id, in);
            case CLOSE -> done(id, () -> handles.close(in.data()));
            case READ -> read(id, in);
            case WRITE -> done(id, () -> file(in).write(in.int64(), in.data()));
            case LSTAT -> stat(id, in.text(), false);
            case FSTAT -> fileStat(id, in);
            case SETSTAT -> done(id, () -> change(in.text(), in.changes()));
            case FSETSTAT -> done(id, () -> fileChange(in));
            case OPENDIR -> openDirectory(id, in);
            case READDIR -> handles.get(in.data(), OpenDirectory.class).list(id, replies);
            case REMOVE -> done(id, () -> remove(in.text()));
            case MKDIR -> done(id, () -> makeDirectory(in.text(), in.changes()));
            case RMDIR -> done(id, () -> removeDirectory(in.text()));
            case REALPATH -> replies.name(id, absolute(NamesOnDisk.lexical(in.text())));
            case STAT -> stat(id, in.text(), true);
            case RENAME -> done(id, () -> rename(in.text(), in.text(), false));
            case READLINK -> readLink(id, in.text());
            case SYMLINK -> done(id, () -> symbolicLink(in.text(), in.text()));
            case EXTENDED -> extended(id, in);
            default -> throw new Refused(SftpStatus.OP_UNSUPPORTED, "request " + type + " is not known");
        }
    }

    private void extended(int id, PacketReader in) throws IOException {
        String name = in.text();
        switch (name) {
            case "posix-rename@openssh.com" -> done(id, () -> rename(in.text(), in.text(), true));
            case "statvfs@openssh.com" -> space(id, in.text());
            case "fstatvfs@openssh.com" -> space(id, file(in).path());
            case "hardlink@openssh.com" -> done(id, () -> hardLink(in.text(), in.text()));
            case "fsync@openssh.com" -> done(id, () -> file(in).sync());
            default -> throw new Refused(SftpStatus.OP_UNSUPPORTED, "extension " + name + " is not known");
        }
    }

    private interface Action {
        void run() throws IOException;
    }

    private void done(int id, Action action) throws IOException {
        action.run();
        replies.status(id, SftpStatus.DONE);
    }

    private OpenFile file(PacketReader in) throws IOException {
        return handles.get(in.data(), OpenFile.class);
    }

    private void open(int id, PacketReader in) throws IOException {
        String path = in.text();
        int flags = in.int32();
        Changes creation = in.changes();
        handles.room();
        replies.handle(id, handles.add(OpenFile.open(tree, path, flags, creation)));
    }

    private void openDirectory(int id, PacketReader in) throws IOException {
        String path = in.text();
        handles.room();
        replies.handle(id, handles.add(OpenDirectory.open(tree, path)));
    }

    private void read(int id, PacketReader in) throws IOException {
        OpenFile file = file(in);
        long offset = in.int64();
        int length = in.int32();
        if (offset < 0) {
            throw new Refused(SftpStatus.EOF, "end of file");
        }
        replies.data(id, file.channel(), offset, length < 0 ? SftpReplies.LARGEST_DATA : length);
    }

    private void stat(int id, String path, boolean follow) throws IOException {
        try (VolumePath place = Walk.find(tree, path, follow)) {
            replies.attributes(id, Attributes.of(place));
        }
    }

    private void fileStat(int id, PacketReader in) throws IOException {
        ByteBuffer handle = in.data();
        replies.attributes(
                id,
                switch (handles.get(handle, Closeable.class)) {
                    case OpenFile file -> file.attributes();
                    case OpenDirectory directory -> directory.attributes();
                    default -> throw Refused.failure("no such handle");
                });
    }

    private void change(String path, Changes changes) throws IOException {
        try (VolumePath place = Walk.find(tree, path, true)) {
            changes.apply(place.writable());
        }
    }

    private void fileChange(PacketReader in) throws IOException {
        OpenFile file = file(in);
        file.change(in.changes());
    }

    private void remove(String path) throws IOException {
        try (VolumePath place = Walk.find(tree, path, false)) {
            place.changeable().parent().deleteFile(place.name());
        }
    }

    private void makeDirectory(String path, Changes creation) throws IOException {
        try (VolumePath place = Walk.find(tree, path, false)) {
            ByPath.makeDirectory(place.changeable(), creation.creation());
        }
    }

    private void removeDirectory(String path) throws IOException {
        try (VolumePath place = Walk.find(tree, path, false)) {
            place.changeable().parent().deleteDirectory(place.name());
        }
    }

    private void rename(String from, String to, boolean replace) throws IOException {
        try (VolumePath old = Walk.find(tree, from, false);
                VolumePath place = Walk.find(tree, to, false)) {
            old.changeable();
            place.changeable();
            if (!replace && place.found().isPresent()) {
                throw Refused.failure("file exists");
            }
            if (!old.sameVolume(place)) {
                throw Refused.failure("not within one volume");
            }
            old.parent().move(old.name(), place.parent(), place.name());
        }
    }

    private void readLink(int id, String path) throws IOException {
        try (VolumePath place = Walk.find(tree, path, false)) {
            if (place.isVirtual()) {
                throw Refused.failure("not a symbolic link");
            }
            replies.name(id, ByPath.readLink(place));
        }
    }

    /** The target comes first, as OpenSSH has it, against the draft. It may be anything: we do not follow it out. */
    private void symbolicLink(String target, String path) throws IOException {
        try (VolumePath place = Walk.find(tree, path, false)) {
            ByPath.makeSymbolicLink(place.changeable(), target);
        }
    }

    private void hardLink(String from, String to) throws IOException {
        try (VolumePath old = Walk.find(tree, from, false);
                VolumePath place = Walk.find(tree, to, false)) {
            old.changeable();
            if (!old.sameVolume(place.changeable())) {
                throw Refused.failure("not within one volume");
            }
            ByPath.makeHardLink(place, old);
        }
    }

    /** Of the file system there; a directory that is not real has that of the volume below with the most space. */
    private void space(int id, String path) throws IOException {
        try (VolumePath place = Walk.find(tree, path, true)) {
            File real =
                    place.isVirtual() ? roomiest(place.path()) : place.real().toFile();
            boolean readOnly = place.isVirtual() || !tree.writable(place.volume());
            long total = real == null ? 0 : real.getTotalSpace() / BLOCK;
            long free = real == null ? 0 : real.getFreeSpace() / BLOCK;
            long usable = real == null ? 0 : real.getUsableSpace() / BLOCK;
            long flags = STATVFS_NO_SETUID | (readOnly ? STATVFS_READ_ONLY : 0);
            replies.extended(id, BLOCK, BLOCK, total, free, usable, 0, 0, 0, 0, flags, LONGEST_NAME);
        }
    }

    private File roomiest(String path) {
        return tree.served(path).stream()
                .map(Path::toFile)
                .max(Comparator.comparingLong(File::getUsableSpace))
                .orElse(null);
    }

    private static String absolute(String path) {
        return path.isEmpty() ? "/" : path;
    }

    @Override
    public void close() {
        handles.close();
    }
}
