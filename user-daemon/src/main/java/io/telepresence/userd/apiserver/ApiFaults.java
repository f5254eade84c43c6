package io.telepresence.userd.apiserver;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.netty.channel.ConnectTimeoutException;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/** What goes wrong at the API server, as sentences. Pure. */
final class ApiFaults {
    static final String CLIENT_RBAC =
            "The value clientRbac.create=true of the Helm chart grants what a client needs: ask the cluster's administrator";

    private ApiFaults() {}

    /** An error while talking to the server at {@code url}. */
    static Fault ofError(Throwable error, String url, Duration limit) {
        return switch (error) {
            case FaultException e -> e.fault();
            case TimeoutException e -> slow(url, limit);
            case ConnectTimeoutException e -> slow(url, limit);
            case io.netty.handler.proxy.ProxyConnectException e ->
                Fault.unreachable("the proxy did not connect to the API server " + url + ": " + e.getMessage(), "");
            case NoRouteToHostException e -> Fault.unreachable("there is no route to the API server " + url, "");
            case ConnectException e -> connect(String.valueOf(e.getMessage()), url);
            case SSLException e ->
                Fault.config("no trusted TLS connection to the API server " + url + ": " + reason(e), "");
            case ClosedChannelException e -> Fault.unreachable("the API server " + url + " closed the connection", "");
            default -> Fault.unreachable("the API server " + url + " cannot be reached: " + error.getMessage(), "");
        };
    }

    /**
     * A status other than success.
     *
     * @param right what the caller tried to do, for example {@code list pods in namespace "ambassador"}
     */
    static Fault ofStatus(int status, String body, String right, String url) {
        String message = message(body);
        return switch (status) {
            case 401 ->
                Fault.denied(
                        "the API server " + url
                                + " does not accept your credentials: they are missing, wrong or expired",
                        "Log in to the cluster again");
            case 403 -> Fault.denied("you have no right to " + right + suffix(message), CLIENT_RBAC);
            case 404 -> Fault.user("not found: " + right + suffix(message), "");
            default ->
                Fault.unreachable(
                        "the API server " + url + " answered " + status + " to: " + right + suffix(message), "");
        };
    }

    private static Fault slow(String url, Duration limit) {
        return Fault.unreachable(
                "the API server " + url + " does not answer within " + limit.toSeconds() + " s",
                "The limit can be configured as \"timeouts.clusterConnect\"");
    }

    private static Fault connect(String message, String url) {
        return message.contains("refused")
                ? Fault.unreachable("the API server " + url + " refuses connections", "Is the cluster running?")
                : Fault.unreachable("the API server " + url + " cannot be reached: " + message, "");
    }

    /** What is at the bottom of it. */
    static String reason(Throwable error) {
        Throwable root = error;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage());
    }

    private static String message(String body) {
        try {
            JsonObject status = JsonParser.parseString(body).getAsJsonObject();
            return status.has("message") ? status.get("message").getAsString() : "";
        } catch (JsonParseException | IllegalStateException e) {
            return body.lines().findFirst().orElse("").strip();
        }
    }

    private static String suffix(String message) {
        return message.isEmpty() ? "" : " (" + message + ")";
    }
}
