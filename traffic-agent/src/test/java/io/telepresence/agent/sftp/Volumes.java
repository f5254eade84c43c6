package io.telepresence.agent.sftp;

import io.telepresence.agent.podinfo.AppVolume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * Two containers' volumes as an agent has them: {@code app} with {@code /data}, {@code /etc/config} (a ConfigMap,
 * read-only), {@code /etc/one.conf} (a file) and {@code /data/own} (not served); {@code other} with {@code /secret}.
 */
final class Volumes {
    static final List<AppVolume> APP = List.of(
            new AppVolume("data", "/data", false, false),
            new AppVolume("config", "/etc/config/", true, false),
            new AppVolume("one", "/etc/one.conf", false, false),
            new AppVolume("own", "/data/own", false, true));

    final Path root;
    final Path data;

    Volumes(Path directory) throws IOException {
        root = directory.resolve("mounts");
        data = root.resolve("app/data");
        Files.createDirectories(data.resolve("own"));
        Files.createDirectories(data.resolve("sub/deep"));
        Files.createDirectories(root.resolve("other/secret"));
        Files.createDirectories(root.resolve("app/unmounted"));
        Files.writeString(data.resolve("file"), "content");
        Files.writeString(data.resolve("sub/inner"), "inner");
        Files.writeString(data.resolve("own/hidden"), "hidden");
        Files.writeString(root.resolve("other/secret/password"), "secret");
        Files.writeString(root.resolve("app/unmounted/file"), "secret");
        Files.writeString(directory.resolve("token"), "secret");
        Files.createDirectories(root.resolve("app/etc/config"));
        Files.writeString(root.resolve("app/etc/one.conf"), "one");
        config("..2026_1", "first");
        Files.createSymbolicLink(root.resolve("app/etc/config/key"), Path.of("..data/key"));
    }

    /** A new version, put in place as the kubelet does. */
    void config(String version, String value) throws IOException {
        Path config = root.resolve("app/etc/config");
        Files.createDirectory(config.resolve(version));
        Files.writeString(config.resolve(version).resolve("key"), value);
        Files.createSymbolicLink(config.resolve("..tmp"), Path.of(version));
        Files.move(config.resolve("..tmp"), config.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
    }

    FileTree tree(boolean readOnly) {
        return new FileTree(root.resolve("app"), APP, readOnly);
    }
}
