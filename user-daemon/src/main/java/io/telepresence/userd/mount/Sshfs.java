package io.telepresence.userd.mount;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The program sshfs: whether this machine can run it, and how it is called.
 *
 * @param forRoot root, and so a container engine, may look into what the user has mounted
 */
record Sshfs(Map<String, String> environment, boolean forRoot) {
    private static final Path DEVICE = Path.of("/dev/fuse");
    private static final Path CONFIGURATION = Path.of("/etc/fuse.conf");

    /** @param uid who mounts */
    static Sshfs of(Map<String, String> environment, long uid) {
        return new Sshfs(environment, uid == 0 || othersAllowed(CONFIGURATION));
    }

    /** What fusermount asks before it lets a user's mount be seen by anybody else. */
    static boolean othersAllowed(Path configuration) {
        try (Stream<String> lines = Files.lines(configuration)) {
            return lines.map(line -> line.replaceFirst("#.*", "").strip()).anyMatch("user_allow_other"::equals);
        } catch (IOException | UncheckedIOException e) {
            return false;
        }
    }

    /**
     * Names, attributes and directories are cached for a second by sshfs and for another one by the kernel, so that a
     * change in the cluster is seen within two; file contents are read anew by each open. Links are resolved at the far
     * end, which knows what the container's paths mean: those of ConfigMaps work as in the pod. Without the workaround
     * {@code mv} between two volumes would fail instead of copying: SFTP has no word for "another file system".
     */
    private static final String OPTIONS =
            "follow_symlinks,dcache_timeout=1,entry_timeout=1,attr_timeout=1,negative_timeout=0,"
                    + "workaround=renamexdev";

    /** What is missing on this machine, in words; empty: it can mount. */
    Optional<String> missing() {
        if (program("sshfs").isEmpty()) {
            return Optional.of("sshfs is not installed on this machine (package sshfs)");
        }
        if (!Files.exists(DEVICE)) {
            return Optional.of("this machine has no " + DEVICE + " (kernel module fuse)");
        }
        if (program("fusermount3").isEmpty() && program("fusermount").isEmpty()) {
            return Optional.of("fusermount3 is not installed on this machine (package fuse3)");
        }
        return Optional.empty();
    }

    /**
     * Starts sshfs in the foreground; it speaks SFTP over its standard streams.
     *
     * @param source what {@code df} shows: a name without colons or commas
     */
    Process start(String source, Path mountPoint, boolean readOnly) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(program("sshfs")
                .orElseThrow(() -> new IOException("sshfs is not installed"))
                .toString());
        command.addAll(arguments(source, mountPoint, readOnly));
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(Path.of("/").toFile());
        builder.environment().clear();
        builder.environment().putAll(Map.of("PATH", path(), "LC_ALL", "C"));
        return builder.start();
    }

    List<String> arguments(String source, Path mountPoint, boolean readOnly) {
        List<String> all = new ArrayList<>(List.of("-f", "-F", "none", "-o", "passive", "-o", OPTIONS));
        if (forRoot) {
            all.addAll(List.of("-o", "allow_root"));
        }
        if (readOnly) {
            all.addAll(List.of("-o", "ro"));
        }
        all.addAll(List.of(source + ":/", mountPoint.toString()));
        return all;
    }

    private Optional<Path> program(String name) {
        for (String directory : path().split(":")) {
            Path file = Path.of(directory.isEmpty() ? "/" : directory, name);
            if (Files.isExecutable(file) && Files.isRegularFile(file)) {
                return Optional.of(file);
            }
        }
        return Optional.empty();
    }

    /** Programs of the system are found even where the user's path has no sbin. */
    private String path() {
        return environment.getOrDefault("PATH", "") + ":/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";
    }
}
