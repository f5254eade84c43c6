package io.telepresence.userd;

import io.telepresence.agree.LocalEndpoint;
import io.telepresence.agree.Versions;
import io.telepresence.fault.FaultException;
import io.telepresence.local.OwnedDirectory;
import io.telepresence.text.Printable;
import io.telepresence.userd.config.ConfigFile;
import io.telepresence.userd.connect.ClientSources;
import io.telepresence.userd.connect.DaemonPaths;
import io.telepresence.userd.kubeauth.KubeAuthClient;
import io.telepresence.userd.kubeauth.KubeAuthSources;
import io.telepresence.userd.logs.LogSetup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.Security;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts the user daemon; its arguments are those of {@link UserOptions}. Ends at quit or SIGTERM; exit code 1 and one line on
 * standard error if it cannot start. The system property {@code telepresence.home} is where the product is installed.
 */
public final class UserDaemonMain {
    private UserDaemonMain() {}

    public static void main(String[] arguments) throws Exception {
        // Before the first look-up: Java keeps an address for 30 s, in which a server may have moved.
        Security.setProperty("networkaddress.cache.ttl", "2");
        Security.setProperty("networkaddress.cache.negative.ttl", "0");
        try {
            run(arguments, System.getenv());
        } catch (FaultException e) {
            System.err.println(Printable.line("telepresence user daemon: error: " + e.fault()));
            System.exit(1);
        }
        System.exit(0);
    }

    private static void run(String[] arguments, Map<String, String> environment) throws Exception {
        long uid = ((Number) Files.getAttribute(Path.of("/proc/self"), "unix:uid")).longValue();
        Path home = Path.of(environment.getOrDefault("HOME", System.getProperty("user.home")));
        UserOptions options = UserOptions.parse(arguments, LocalEndpoint.logs(environment, home, uid));
        Path file = options.logFile();
        // Of a container's, whoever started it takes care; to it the owner may be a stranger.
        if (!options.container()) {
            closed(file.toAbsolutePath().getParent(), uid);
        }
        LogSetup logs = LogSetup.toFile(file);
        logs.configured("INFO");
        Logger log = LoggerFactory.getLogger(UserDaemonMain.class);
        KubeAuthClient host = new KubeAuthClient();
        DaemonPaths place = new DaemonPaths(
                Map.copyOf(environment),
                uid,
                LocalEndpoint.userDirectory(environment, uid),
                LocalEndpoint.rootDaemon(),
                file.toAbsolutePath().getParent(),
                Path.of("/var/log/telepresence"),
                executable(),
                LocalEndpoint.logs(environment, home, uid).resolveSibling("mounts"),
                InstallId.read(ConfigFile.directory(environment, home)),
                options.container() ? new KubeAuthSources(host) : ClientSources.ofThisMachine(),
                options.container());
        try (UserDaemon daemon = UserDaemon.open(place, logs, host, options.endpoint())) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> shutDown(daemon), "shutdown"));
            log.info("user daemon {} of user {} listens in {}", Versions.VERSION, uid, place.directory());
            daemon.awaitEnd();
        }
        log.info("ended");
    }

    /** Logs tell where this user works: nobody else reads them. */
    private static void closed(Path directory, long uid) throws IOException, FaultException {
        if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        }
        OwnedDirectory.create(directory, uid);
    }

    /** SIGTERM: the session is closed before the process goes. */
    private static void shutDown(UserDaemon daemon) {
        try {
            daemon.close();
        } catch (Exception e) {
            LoggerFactory.getLogger(UserDaemonMain.class).warn("shutting down", e);
        }
    }

    private static Path executable() {
        String home = System.getProperty("telepresence.home", "");
        return home.isEmpty() ? Path.of("telepresence") : Path.of(home, "bin", "telepresence");
    }
}
