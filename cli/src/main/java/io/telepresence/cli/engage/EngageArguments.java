package io.telepresence.cli.engage;

import io.telepresence.cli.invocation.Arguments;
import io.telepresence.cli.invocation.Invocation;
import io.telepresence.engagement.HeaderMatch;
import io.telepresence.engagement.HttpFilter;
import io.telepresence.engagement.PathMatch;
import io.telepresence.engagement.Port;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Reads the values of single options of engagements; what cannot be read is one sentence. */
public final class EngageArguments {
    private EngageArguments() {}

    static String address(String text) throws FaultException {
        long colons = text.chars().filter(c -> c == ':').count();
        boolean fits = !text.isEmpty()
                && colons != 1
                && text.chars().allMatch(c -> Arguments.isAlphanumeric(c) || ".:-_%".indexOf(c) >= 0);
        if (!fits) {
            throw Fault.user(
                            "\"" + text + "\" is not a valid value of --address",
                            "Give an IP address or a name; ports belong to --port")
                    .exception();
        }
        return text;
    }

    static Port podPort(String text) throws FaultException {
        int slash = text.indexOf('/');
        String protocol = slash < 0 ? "TCP" : text.substring(slash + 1).toUpperCase(Locale.ROOT);
        if (!protocol.equals("TCP") && !protocol.equals("UDP")) {
            throw Fault.user(
                            "\"" + text + "\" is not a valid value of --to-pod",
                            "Write <port>, <port>/TCP or <port>/UDP")
                    .exception();
        }
        return Port.of(
                protocol.equals("UDP"), Arguments.portNumber("--to-pod", slash < 0 ? text : text.substring(0, slash)));
    }

    static Map<String, String> metadata(List<String> texts) throws FaultException {
        Map<String, String> metadata = new LinkedHashMap<>();
        for (String text : texts) {
            int equals = text.indexOf('=');
            if (equals < 1) {
                throw Fault.user("\"" + text + "\" is not a valid value of --metadata", "Write key=value")
                        .exception();
            }
            metadata.put(text.substring(0, equals), text.substring(equals + 1));
        }
        return metadata;
    }

    static HttpFilter filter(Invocation invocation) throws FaultException {
        List<HeaderMatch> headers = headers("--http-header", invocation.texts("--http-header"));
        List<PathMatch> paths = new ArrayList<>();
        for (String path : invocation.texts("--http-path-equal")) {
            paths.add(PathMatch.of(PathMatch.Kind.EQUAL, path));
        }
        for (String path : invocation.texts("--http-path-prefix")) {
            paths.add(PathMatch.of(PathMatch.Kind.PREFIX, path));
        }
        for (String path : invocation.texts("--http-path-regex")) {
            paths.add(PathMatch.of(PathMatch.Kind.REGEX, path));
        }
        return new HttpFilter(headers, paths);
    }

    /** {@code Name=value} or {@code Name: value}, whichever separator comes first. */
    public static List<HeaderMatch> headers(String option, List<String> texts) throws FaultException {
        List<HeaderMatch> headers = new ArrayList<>();
        for (String text : texts) {
            int equals = text.indexOf('=');
            int colon = text.indexOf(':');
            int end = equals < 0 ? colon : colon < 0 ? equals : Math.min(equals, colon);
            if (end < 1) {
                throw Fault.user(
                                "\"" + text + "\" is not an HTTP header",
                                "Give " + option + " as Name=value or 'Name: value'")
                        .exception();
            }
            String value = text.substring(end + 1);
            headers.add(
                    HeaderMatch.of(text.substring(0, end).strip(), text.charAt(end) == ':' ? value.strip() : value));
        }
        return List.copyOf(headers);
    }
}
