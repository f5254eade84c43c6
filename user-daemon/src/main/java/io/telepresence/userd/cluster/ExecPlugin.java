package io.telepresence.userd.cluster;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonSyntaxException;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.run.Threads;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Runs the credential plugin of a kubeconfig user, in this user's environment. Blocks for at most 30 s. */
final class ExecPlugin implements CredentialPlugin {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private final Map<?, ?> exec;
    private final Map<String, Object> cluster;

    ExecPlugin(Map<?, ?> exec, Map<String, Object> cluster) {
        this.exec = exec;
        this.cluster = cluster;
    }

    @Override
    public Answer run() throws FaultException {
        String command = KubeTarget.text(exec, "command");
        List<String> line = new ArrayList<>(List.of(command));
        if (exec.get("args") instanceof List<?> args) {
            args.forEach(a -> line.add(a.toString()));
        }
        ProcessBuilder builder =
                new ProcessBuilder(line).redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")));
        if (exec.get("env") instanceof List<?> env) {
            for (Object each : env) {
                if (each instanceof Map<?, ?> pair) {
                    builder.environment().put(KubeTarget.text(pair, "name"), KubeTarget.text(pair, "value"));
                }
            }
        }
        builder.environment().put("KUBERNETES_EXEC_INFO", info());
        try {
            return parse(command, output(command, builder.start()));
        } catch (IOException e) {
            String hint = KubeTarget.text(exec, "installHint").strip();
            throw Fault.config(
                            "the credential plugin \"" + command
                                    + "\" cannot be started: it is missing or not executable",
                            hint)
                    .exception(e);
        }
    }

    private static String output(String command, Process process) throws FaultException {
        CompletableFuture<String> out = drain(process.getInputStream());
        CompletableFuture<String> err = drain(process.getErrorStream());
        try {
            if (!process.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                throw Fault.unreachable(
                                "the credential plugin \"" + command + "\" did not end within " + LIMIT.toSeconds()
                                        + " s",
                                "")
                        .exception();
            }
            if (process.exitValue() != 0) {
                String said =
                        err.join().lines().filter(l -> !l.isBlank()).findFirst().orElse("no message");
                throw Fault.denied(
                                "the credential plugin \"" + command + "\" failed with exit code " + process.exitValue()
                                        + ": " + said,
                                "")
                        .exception();
            }
            return out.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Fault.unreachable("interrupted while the credential plugin ran", "")
                    .exception(e);
        } finally {
            process.destroyForcibly();
        }
    }

    private static CompletableFuture<String> drain(InputStream in) {
        CompletableFuture<String> text = new CompletableFuture<>();
        Threads.virtual("exec-plugin", () -> {
            try (in) {
                text.complete(new String(in.readAllBytes(), StandardCharsets.UTF_8));
            } catch (IOException e) {
                text.complete("");
            }
        });
        return text;
    }

    private static Answer parse(String command, String output) throws FaultException {
        try {
            JsonObject status = JsonParser.parseString(output).getAsJsonObject().getAsJsonObject("status");
            String expires = text(status, "expirationTimestamp");
            return new Answer(
                    text(status, "token"),
                    text(status, "clientCertificateData"),
                    text(status, "clientKeyData"),
                    expires.isEmpty() ? Instant.MAX : Instant.parse(expires));
        } catch (JsonSyntaxException
                | IllegalStateException
                | NullPointerException
                | java.time.format.DateTimeParseException e) {
            throw Fault.config("the credential plugin \"" + command + "\" did not print an ExecCredential", "")
                    .exception(e);
        }
    }

    private static String text(JsonObject object, String name) {
        return object.has(name) && !object.get(name).isJsonNull()
                ? object.get(name).getAsString()
                : "";
    }

    private String info() {
        JsonObject spec = new JsonObject();
        spec.addProperty("interactive", false);
        if (Boolean.TRUE.equals(exec.get("provideClusterInfo"))) {
            spec.add("cluster", new Gson().toJsonTree(Map.of("server", KubeTarget.text(cluster, "server"))));
        }
        JsonObject root = new JsonObject();
        root.addProperty("apiVersion", KubeTarget.text(exec, "apiVersion"));
        root.addProperty("kind", "ExecCredential");
        root.add("spec", spec);
        return root.toString();
    }
}
