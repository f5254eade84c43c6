package io.telepresence.rootd;

import io.telepresence.fault.FaultException;
import io.telepresence.text.Printable;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Entry point of the root daemon. Exit codes: 0 ended as told, 1 could not run, 2 wrong options. */
public final class RootDaemonMain {
    private static final int USAGE = 2;

    private RootDaemonMain() {}

    /** See {@code RootOptions} for the arguments. */
    public static void main(String[] arguments) throws Exception {
        System.exit(run(List.of(arguments)));
    }

    private static int run(List<String> arguments) throws Exception {
        RootOptions options;
        try {
            options = RootOptions.parse(arguments, System.getenv());
        } catch (FaultException e) {
            say(e);
            return USAGE;
        }
        try {
            if (options.cleanup()) {
                System.out.println(RootDaemon.cleanUp() + " changes undone");
                return 0;
            }
            RootLogs.open(options);
            serve(options);
            return 0;
        } catch (FaultException e) {
            LoggerFactory.getLogger(RootDaemonMain.class).error("{}", e.fault(), e);
            say(e);
            return 1;
        }
    }

    /** Goes to the start log, too: what a caller gave as an argument makes no line of its own there. */
    private static void say(FaultException e) {
        System.err.println(Printable.line("telepresence rootd: " + e.fault()));
    }

    /** The hook runs for SIGTERM, SIGINT and at the ordinary end; closing happens once. */
    private static void serve(RootOptions options) throws Exception {
        Logger log = LoggerFactory.getLogger(RootDaemonMain.class);
        RootDaemon daemon = RootDaemon.open(options);
        Runtime.getRuntime()
                .addShutdownHook(Thread.ofPlatform().name("shutdown").unstarted(() -> {
                    try {
                        daemon.close();
                    } catch (Exception e) {
                        log.warn("while ending", e);
                    }
                }));
        daemon.awaitEnd();
        daemon.close();
    }
}
