package io.telepresence.agree;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Predicate;

/** Where the local daemons' unix sockets and logs lie. */
public final class LocalEndpoint {
    /** In bytes: a socket's path has 107 at most; the longest one below is {@code /docker/12-digits/userd.socket.new}. */
    private static final int LONGEST_DIRECTORY = 70;

    private LocalEndpoint() {}

    /**
     * Directory of the user's own sockets, where nobody else can put something first: {@code $XDG_RUNTIME_DIR/telepresence};
     * where that is not set, as with {@code su} or {@code cron}, below {@code ~/.cache}, unless that makes names longer than
     * a socket's may be. Only who has no home that can be written either gets {@code /tmp/telepresence-UID}. Whoever creates it makes it 0700;
     * whoever uses it checks that it is.
     */
    public static Path userDirectory(Map<String, String> environment, long uid) {
        return userDirectory(environment, uid, LocalEndpoint::writable);
    }

    static Path userDirectory(Map<String, String> environment, long uid, Predicate<Path> writable) {
        String runtime = environment.getOrDefault("XDG_RUNTIME_DIR", "");
        if (!runtime.isEmpty()) {
            return Path.of(runtime, "telepresence");
        }
        String cache = environment.getOrDefault("XDG_CACHE_HOME", "");
        String home = environment.getOrDefault("HOME", "");
        String own = cache.isEmpty() && !home.isEmpty() ? home + "/.cache" : cache;
        Path directory = Path.of(own, "telepresence/run");
        boolean fits = directory.toString().getBytes(StandardCharsets.UTF_8).length <= LONGEST_DIRECTORY;
        return directory.isAbsolute() && fits && writable.test(directory)
                ? directory
                : Path.of("/tmp/telepresence-" + uid);
    }

    /**
     * Directory for logs of the user's daemons, which may not be there yet: {@code telepresence/logs} below the cache
     * directory, or, where that cannot be written, beside the sockets.
     *
     * @param home of the user, where the environment names no cache directory
     */
    public static Path logs(Map<String, String> environment, Path home, long uid) {
        String cache = environment.getOrDefault("XDG_CACHE_HOME", "");
        Path usual = (cache.isEmpty() ? home.resolve(".cache") : Path.of(cache)).resolve("telepresence/logs");
        return writable(usual) ? usual : userDirectory(environment, uid).resolve("logs");
    }

    /** Whether it can be made, or written if it is there. */
    private static boolean writable(Path directory) {
        Path there = directory.toAbsolutePath();
        while (there != null && !Files.exists(there)) {
            there = there.getParent();
        }
        return there != null && Files.isDirectory(there) && Files.isWritable(there);
    }

    /** Where the user daemon listens for the command line. */
    public static Path userDaemon(Path userDirectory) {
        return userDirectory.resolve("userd.socket");
    }

    /** Behind it the manager's client port answers, through the user daemon's port-forward. */
    public static Path carrier(Path userDirectory) {
        return userDirectory.resolve("manager.socket");
    }

    /** Directory of the root daemon: socket and journal. Owned by root, 0755; the journal itself is 0600. */
    public static Path rootDirectory() {
        return Path.of("/run/telepresence");
    }

    /** Where the root daemon listens; owned by the user it serves, 0600. */
    public static Path rootDaemon() {
        return rootDirectory().resolve("rootd.socket");
    }
}
