package io.telepresence.agent.sftp;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.util.EnumSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Attributes that a client wants a file to have; those that are absent stay as they are.
 *
 * @param owner user and group
 * @param times access and modification
 */
record Changes(OptionalLong size, Optional<Owner> owner, OptionalInt permissions, Optional<Times> times) {
    static final Changes NONE =
            new Changes(OptionalLong.empty(), Optional.empty(), OptionalInt.empty(), Optional.empty());

    /** Numbers of a user and of a group. */
    record Owner(int uid, int gid) {}

    /** Unix time in seconds. */
    record Times(FileTime accessed, FileTime modified) {}

    /** For a file that is to be made. */
    FileAttribute<?>[] creation() {
        return permissions.isEmpty()
                ? new FileAttribute<?>[0]
                : new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(set(permissions.getAsInt()))};
    }

    boolean isNothing() {
        return equals(NONE);
    }

    Changes withoutSize() {
        return new Changes(OptionalLong.empty(), owner, permissions, times);
    }

    /** Only regular files and directories can be changed. */
    void apply(VolumePath place) throws IOException {
        Attributes now = Attributes.of(place);
        if (!now.is(Attributes.REGULAR) && !now.is(Attributes.DIRECTORY)) {
            throw Refused.failure("neither a file nor a directory");
        }
        if (size.isPresent()) {
            resize(place, now);
        }
        if (owner.isPresent() && (owner.get().uid() != now.uid() || owner.get().gid() != now.gid())) {
            chown(place, now);
        }
        if (permissions.isPresent() && (permissions.getAsInt() & 07777) != (now.mode() & 07777)) {
            place.posix().setPermissions(set(permissions.getAsInt()));
        }
        if (times.isPresent()) {
            place.basic().setTimes(times.get().modified(), times.get().accessed(), null);
        }
    }

    private void resize(VolumePath place, Attributes now) throws IOException {
        if (!now.is(Attributes.REGULAR)) {
            throw Refused.failure("only a file has a size");
        }
        try (FileChannel channel = (FileChannel) place.parent()
                .newByteChannel(place.name(), Set.of(StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS))) {
            resize(channel, size.getAsLong());
        }
    }

    static void resize(FileChannel channel, long size) throws IOException {
        if (size < 0) {
            throw Refused.failure("too large");
        }
        if (size <= channel.size()) {
            channel.truncate(size);
        } else {
            channel.write(ByteBuffer.allocate(1), size - 1);
        }
    }

    private void chown(VolumePath place, Attributes now) throws IOException {
        Path real = place.real();
        UserPrincipalLookupService names = real.getFileSystem().getUserPrincipalLookupService();
        Owner wanted = owner.orElseThrow();
        if (wanted.uid() != now.uid()) {
            place.posix().setOwner(names.lookupPrincipalByName(Integer.toUnsignedString(wanted.uid())));
        }
        if (wanted.gid() != now.gid()) {
            place.posix().setGroup(names.lookupPrincipalByGroupName(Integer.toUnsignedString(wanted.gid())));
        }
    }

    private static Set<PosixFilePermission> set(int mode) {
        PosixFilePermission[] all = PosixFilePermission.values();
        Set<PosixFilePermission> set = EnumSet.noneOf(PosixFilePermission.class);
        for (int i = 0; i < all.length; i++) {
            if ((mode >> all.length - 1 - i & 1) != 0) {
                set.add(all[i]);
            }
        }
        return set;
    }
}
