package io.telepresence.agent.sftp;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;

/**
 * What SFTP tells of a file.
 *
 * @param mode type and permissions, as stat(2) has them
 * @param accessed and {@code modified}: Unix time in seconds
 * @param key what tells the file from all others; null for a directory that is not real
 */
record Attributes(long size, int uid, int gid, int mode, int links, int accessed, int modified, Object key) {
    static final int TYPE = 0170000;
    static final int DIRECTORY = 0040000;
    static final int REGULAR = 0100000;
    static final int SYMBOLIC_LINK = 0120000;

    private static final int TRIES = 5;
    private static final int START = (int) Instant.now().getEpochSecond();

    /** Of a directory that leads to volumes. */
    static final Attributes VIRTUAL = new Attributes(4096, 0, 0, DIRECTORY | 0555, 2, START, START, null);

    /**
     * Looks at a place, not through a link. Java tells numbers of users by path only: they count if they are those of
     * the file that was seen through the directory.
     */
    static Attributes of(VolumePath place) throws IOException {
        if (place.isVirtual()) {
            return VIRTUAL;
        }
        for (int i = 0; i < TRIES; i++) {
            BasicFileAttributes seen = place.basic().readAttributes();
            Map<String, Object> more =
                    Files.readAttributes(place.real(), "unix:uid,gid,mode,nlink,fileKey", LinkOption.NOFOLLOW_LINKS);
            if (Objects.equals(seen.fileKey(), more.get("fileKey"))) {
                return new Attributes(
                        seen.size(),
                        (Integer) more.get("uid"),
                        (Integer) more.get("gid"),
                        (Integer) more.get("mode"),
                        (Integer) more.get("nlink"),
                        seconds(seen.lastAccessTime()),
                        seconds(seen.lastModifiedTime()),
                        seen.fileKey());
            }
        }
        throw Refused.failure("the file changes too often");
    }

    Attributes withSize(long other) {
        return new Attributes(other, uid, gid, mode, links, accessed, modified, key);
    }

    boolean is(int type) {
        return (mode & TYPE) == type;
    }

    /** As {@code ls -l} begins a line; SFTP wants one. */
    String line(String name) {
        StringBuilder line = new StringBuilder(64);
        line.append(is(DIRECTORY) ? 'd' : is(SYMBOLIC_LINK) ? 'l' : '-');
        for (int bit = 8; bit >= 0; bit--) {
            line.append((mode >> bit & 1) == 0 ? '-' : "xwr".charAt(bit % 3));
        }
        return line.append(' ')
                .append(links)
                .append(' ')
                .append(uid)
                .append(' ')
                .append(gid)
                .append(' ')
                .append(size)
                .append(' ')
                .append(Instant.ofEpochSecond(Integer.toUnsignedLong(modified)))
                .append(' ')
                .append(name)
                .toString();
    }

    private static int seconds(FileTime time) {
        return (int) time.toInstant().getEpochSecond();
    }
}
