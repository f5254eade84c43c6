package io.telepresence.agent.sftp;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileAttribute;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What Java does by path only. The path has no symbolic link in it at the time of the {@link Walk}; before and after the
 * call it is compared with the directory that is held open. Who exchanges a directory for a link in the microseconds
 * between can get an empty directory or a link made in another place where the agent may write, and is told of a
 * failure; no content of a file can be read or changed that way. Hard links do not cross mounts.
 */
final class ByPath {
    private static final Logger LOG = LoggerFactory.getLogger(ByPath.class);

    private ByPath() {}

    static void makeDirectory(VolumePath place, FileAttribute<?>... attributes) throws IOException {
        change(place, path -> Files.createDirectory(path, attributes));
    }

    static void makeSymbolicLink(VolumePath place, String target) throws IOException {
        change(place, path -> Files.createSymbolicLink(path, Path.of(target)));
    }

    static void makeHardLink(VolumePath place, VolumePath existing) throws IOException {
        compare(existing);
        change(place, path -> Files.createLink(path, existing.real()));
    }

    static String readLink(VolumePath place) throws IOException {
        compare(place);
        return Files.readSymbolicLink(place.real()).toString();
    }

    private interface Change {
        void make(Path path) throws IOException;
    }

    private static void change(VolumePath place, Change change) throws IOException {
        compare(place);
        change.make(place.real());
        Object made = Files.readAttributes(place.real(), "fileKey", LinkOption.NOFOLLOW_LINKS)
                .get("fileKey");
        Object seen = place.found().map(f -> f.fileKey()).orElse(null);
        if (!made.equals(seen)) {
            LOG.warn("{} was exchanged while something was made in it", place.path());
            throw Refused.failure("the directory was exchanged meanwhile");
        }
    }

    /** The path leads into the directory that is held open. */
    private static void compare(VolumePath place) throws IOException {
        Object held = place.parent()
                .getFileAttributeView(BasicFileAttributeView.class)
                .readAttributes()
                .fileKey();
        Object now = Files.readAttributes(place.real().getParent(), "fileKey", LinkOption.NOFOLLOW_LINKS)
                .get("fileKey");
        if (!held.equals(now)) {
            throw Refused.failure("the directory was exchanged meanwhile");
        }
    }
}
