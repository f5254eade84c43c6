package io.telepresence.userd.kubeconfig;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonSyntaxException;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Runs the credential plugin of a kubeconfig user in the environment of the command that named it: at its terminal as long
 * as the command waits there, which may take minutes; later in the background, for 30 s at most.
 */
final class ExecPlugin implements CredentialPlugin {
    static final String AGAIN = "Run \"telepresence connect\" again, in a terminal";

    private static final int LINES_TOLD = 5;
    private final Map<?, ?> exec;
    private final Map<String, Object> cluster;
    private final CallerEnvironment caller;

    ExecPlugin(Map<?, ?> exec, Map<String, Object> cluster, CallerEnvironment caller) {
        this.exec = exec;
        this.cluster = cluster;
        this.caller = caller;
    }

    @Override
    public Answer run() throws FaultException {
        String command = KubeTarget.text(exec, "command");
        PluginTerminal terminal = caller.terminal();
        boolean attended = terminal.present();
        String mode = KubeTarget.text(exec, "interactiveMode");
        boolean reads = attended && terminal.readable() && !mode.equals("Never");
        if (mode.equals("Always") && !reads) {
            throw Fault.denied("the credential plugin \"" + command + "\" must ask at a terminal", AGAIN)
                    .exception();
        }
        PluginTerminal.Start start =
                new PluginTerminal.Start(command, arguments(), environment(ExecInfo.json(exec, cluster, reads)), reads);
        try {
            PluginTerminal.Ended ended = attended ? terminal.run(start) : BackgroundPlugin.run(start, caller);
            if (ended.code() != 0) {
                throw failed(command, ended, attended);
            }
            return parse(command, new String(ended.output(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw Fault.config(
                            "the credential plugin \"" + command
                                    + "\" cannot be started: it is missing or not executable",
                            KubeTarget.text(exec, "installHint").strip())
                    .exception(e);
        }
    }

    private List<String> arguments() {
        return exec.get("args") instanceof List<?> args
                ? args.stream().map(String::valueOf).toList()
                : List.of();
    }

    private Map<String, String> environment(String info) {
        Map<String, String> all = new LinkedHashMap<>();
        if (exec.get("env") instanceof List<?> env) {
            for (Object each : env) {
                if (each instanceof Map<?, ?> pair) {
                    all.put(KubeTarget.text(pair, "name"), KubeTarget.text(pair, "value"));
                }
            }
        }
        all.put("KUBERNETES_EXEC_INFO", info);
        return all;
    }

    /** Its last lines: the reason comes at the end. */
    private static FaultException failed(String command, PluginTerminal.Ended ended, boolean attended) {
        List<String> lines = ended.said()
                .lines()
                .map(String::strip)
                .filter(l -> !l.isEmpty())
                .toList();
        String said =
                lines.stream().skip(Math.max(0, lines.size() - LINES_TOLD)).collect(Collectors.joining("; "));
        String why = said.isEmpty() ? (attended ? "" : ": no message") : ": " + said;
        return Fault.denied(
                        "the credential plugin \"" + command + "\" failed with exit code " + ended.code() + why,
                        attended ? "" : AGAIN)
                .exception();
    }

    private static Answer parse(String command, String output) throws FaultException {
        try {
            JsonObject status = JsonParser.parseString(output).getAsJsonObject().getAsJsonObject("status");
            String expires = text(status, "expirationTimestamp");
            Answer answer = new Answer(
                    text(status, "token"),
                    text(status, "clientCertificateData"),
                    text(status, "clientKeyData"),
                    expires.isEmpty() ? Instant.MAX : Instant.parse(expires));
            if (answer.token().isEmpty()
                    && (answer.certificate().isEmpty() || answer.key().isEmpty())) {
                throw Fault.denied("the credential plugin \"" + command + "\" gave no credentials", "")
                        .exception();
            }
            return answer;
        } catch (JsonSyntaxException | IllegalStateException | NullPointerException | DateTimeParseException e) {
            throw Fault.config("the credential plugin \"" + command + "\" did not print an ExecCredential", "")
                    .exception(e);
        }
    }

    private static String text(JsonObject object, String name) {
        return object.has(name) && !object.get(name).isJsonNull()
                ? object.get(name).getAsString()
                : "";
    }
}
