package io.telepresence.e2e.rights;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;

/** What an API server has noted, in the order in which it happened. */
record NotedCalls(List<Call> calls, List<RightsChange> changes) {
    private static final Pattern ACCOUNT =
            Pattern.compile("system:serviceaccount:([^:]+):traffic-manager(-uninstall)?");
    private static final Pattern ROLE = Pattern.compile(" of (ClusterRole|Role) \"([^\"]+)\"");

    /** @param file compressed; a line that is cut off is left out */
    static NotedCalls read(Path file) throws IOException {
        try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
            return parse(new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8)));
        }
    }

    static NotedCalls parse(BufferedReader lines) throws IOException {
        NotedCalls log = new NotedCalls(new ArrayList<>(), new ArrayList<>());
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            try {
                log.add(JsonParser.parseString(line).getAsJsonObject());
            } catch (JsonParseException | IllegalStateException e) {
                // The API server was killed while it wrote it.
            }
        }
        log.calls.sort(Comparator.comparing(Call::at));
        log.changes.sort(Comparator.comparing(RightsChange::at));
        return log;
    }

    private void add(JsonObject event) {
        if (text(event, "objectRef", "resource").isEmpty()) {
            return;
        }
        Instant at = Instant.parse(text(event, "requestReceivedTimestamp"));
        String user = text(event, "user", "username");
        Matcher account = ACCOUNT.matcher(user);
        if (account.matches()) {
            calls.add(call(event, at, account.group(1)));
        } else if (text(event, "objectRef", "apiGroup").equals("rbac.authorization.k8s.io")) {
            changes.add(change(event, at, user));
        }
    }

    private static Call call(JsonObject event, Instant at, String from) {
        String subresource = text(event, "objectRef", "subresource");
        String resource = text(event, "objectRef", "resource") + (subresource.isEmpty() ? "" : "/" + subresource);
        Matcher role = ROLE.matcher(text(event, "annotations", "authorization.k8s.io/reason"));
        return new Call(
                at,
                from,
                text(event, "user", "extra", "authentication.kubernetes.io/pod-uid"),
                // Not what an admission plugin refuses.
                text(event, "annotations", "authorization.k8s.io/decision").equals("forbid"),
                role.find() ? ChartGrants.role(role.group(1), role.group(2), from) : "",
                text(event, "verb"),
                Grant.resource(text(event, "objectRef", "apiGroup"), resource),
                text(event, "objectRef", "name"),
                text(event, "objectRef", "namespace"));
    }

    private static RightsChange change(JsonObject event, Instant at, String user) {
        boolean byHelm = !text(event, "userAgent").startsWith("kubectl/") && !user.startsWith("system:");
        return new RightsChange(
                at,
                byHelm,
                text(event, "verb").startsWith("delete"),
                text(event, "objectRef", "resource"),
                text(event, "objectRef", "namespace"),
                text(event, "objectRef", "name"));
    }

    /** Of the first element, where there is a list; empty: there is nothing. */
    private static String text(JsonObject object, String... path) {
        JsonElement at = object;
        for (String name : path) {
            at = at instanceof JsonObject inner ? inner.get(name) : null;
        }
        if (at != null && at.isJsonArray() && !at.getAsJsonArray().isEmpty()) {
            at = at.getAsJsonArray().get(0);
        }
        return at == null || !at.isJsonPrimitive() ? "" : at.getAsString();
    }
}
