package io.telepresence.cli.explain;

import io.telepresence.base.GoDuration;
import io.telepresence.cli.invocation.Invocation;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.common.LogLevelRequest;
import io.telepresence.rpc.connector.GatherLogsRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What {@code gather-logs} and {@code loglevel} ask for, as messages. Pure. */
final class LogRequests {
    private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH-mm-ss", Locale.ROOT);
    private static final List<String> LEVELS = List.of("ERROR", "WARN", "INFO", "DEBUG", "TRACE");

    /** What {@code --daemons} may say, old names included. */
    private static final Map<String, String> DAEMONS = Map.of(
            "all", "all",
            "root", "root",
            "daemon", "root",
            "user", "user",
            "connector", "user",
            "kubeauth", "kubeauth",
            "cli", "cli",
            "None", "None",
            "none", "None");

    private LogRequests() {}

    /** @param now names the file, unless the user does */
    static GatherLogsRequest gather(Invocation invocation, LocalDateTime now) throws FaultException {
        String file = invocation.text("--output-file", "telepresence_logs_" + STAMP.format(now) + ".zip");
        if (!file.endsWith(".zip")) {
            throw Fault.user("the output file \"" + file + "\" must end in .zip", "")
                    .exception();
        }
        Path absolute = invocation.caller().workingDirectory().resolve(file).normalize();
        return GatherLogsRequest.newBuilder()
                .setAnonymize(invocation.flag("--anonymize"))
                .setDaemons(daemons(invocation.text("--daemons", "all")))
                .setPodYaml(invocation.flag("--get-pod-yaml"))
                .setOutputFile(absolute.toString())
                .setTrafficAgents(invocation.text("--traffic-agents", "all"))
                .setTrafficManager(invocation.flag("--traffic-manager", true))
                .build();
    }

    /** As they are called now, without spaces. */
    private static String daemons(String text) throws FaultException {
        List<String> daemons = new ArrayList<>();
        for (String each : text.split(",")) {
            String daemon = DAEMONS.get(each.strip());
            if (daemon == null) {
                throw Fault.user(
                                "\"" + each + "\" is not a daemon",
                                "Use a comma-separated list of all, root, user, kubeauth, None")
                        .exception();
            }
            daemons.add(daemon);
        }
        return String.join(",", daemons);
    }

    static LogLevelRequest level(Invocation invocation) throws FaultException {
        String typed = invocation.parameter(0).toUpperCase(Locale.ROOT);
        String level = typed.equals("WARNING") ? "WARN" : typed;
        if (!LEVELS.contains(level)) {
            throw Fault.user(
                            "\"" + invocation.parameter(0) + "\" is not a log level",
                            "Use one of " + String.join(", ", LEVELS))
                    .exception();
        }
        if (invocation.flag("--local-only") && invocation.flag("--remote-only")) {
            throw Fault.user("--local-only and --remote-only cannot be used together", "Give one of them, or none")
                    .exception();
        }
        return LogLevelRequest.newBuilder()
                .setLevel(level)
                .setDurationSeconds(
                        duration(invocation.text("--duration", "30m0s")).toSeconds())
                .setLocalOnly(invocation.flag("--local-only"))
                .setRemoteOnly(invocation.flag("--remote-only"))
                .build();
    }

    private static Duration duration(String text) throws FaultException {
        try {
            return GoDuration.parse(text);
        } catch (IllegalArgumentException e) {
            throw Fault.user("invalid duration \"" + text + "\"", "Write it like 30m, 1h30m or 90s")
                    .exception(e);
        }
    }
}
