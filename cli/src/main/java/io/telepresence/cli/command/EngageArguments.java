package io.telepresence.cli.command;

import io.telepresence.cli.daemon.EngageWish;
import io.telepresence.engagement.HeaderMatch;
import io.telepresence.engagement.HttpFilter;
import io.telepresence.engagement.PathMatch;
import io.telepresence.engagement.Port;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Reads the values of single options; what cannot be read is one sentence. */
final class EngageArguments {
    private static final int LONGEST_NAME = 253;
    private static final int LONGEST_LABEL = 63;

    private EngageArguments() {}

    static String name(String what, String text) throws FaultException {
        boolean fits = !text.isEmpty()
                && text.length() <= LONGEST_NAME
                && isAlphanumeric(text.charAt(0))
                && isAlphanumeric(text.charAt(text.length() - 1))
                && text.chars().allMatch(c -> isAlphanumeric(c) || c == '-' || c == '.' || c == '_');
        if (!fits) {
            throw Fault.user(
                            "\"" + text + "\" is not a valid " + what,
                            "It has letters, digits, and - . _ between them, at most " + LONGEST_NAME)
                    .exception();
        }
        return text;
    }

    /** A DNS label, or nothing. */
    static String label(String option, String text) throws FaultException {
        boolean fits = text.length() <= LONGEST_LABEL
                && !text.startsWith("-")
                && !text.endsWith("-")
                && text.chars().allMatch(c -> c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-');
        if (!fits) {
            throw Fault.user(
                            "\"" + text + "\" is not a valid value of " + option,
                            "A name has lower-case letters, digits, and hyphens between them, at most " + LONGEST_LABEL)
                    .exception();
        }
        return text;
    }

    static String address(String text) throws FaultException {
        long colons = text.chars().filter(c -> c == ':').count();
        boolean fits = !text.isEmpty()
                && colons != 1
                && text.chars().allMatch(c -> isAlphanumeric(c) || ".:-_%".indexOf(c) >= 0);
        if (!fits) {
            throw Fault.user(
                            "\"" + text + "\" is not a valid value of --address",
                            "Give an IP address or a name; ports belong to --port")
                    .exception();
        }
        return text;
    }

    static int portNumber(String option, String text) throws FaultException {
        try {
            int port = Integer.parseInt(text);
            if (port >= 1 && port <= 65535 && !text.startsWith("+")) {
                return port;
            }
        } catch (NumberFormatException e) {
            throw wrongPort(option, text);
        }
        throw wrongPort(option, text);
    }

    private static FaultException wrongPort(String option, String text) {
        return Fault.user("\"" + text + "\" is not a valid value of " + option, "A port is a number from 1 to 65535")
                .exception();
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
        return Port.of(protocol.equals("UDP"), portNumber("--to-pod", slash < 0 ? text : text.substring(0, slash)));
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

    static HttpFilter filter(Call call) throws FaultException {
        List<HeaderMatch> headers = headers("--http-header", call.texts("--http-header"));
        List<PathMatch> paths = new ArrayList<>();
        for (String path : call.texts("--http-path-equal")) {
            paths.add(PathMatch.of(PathMatch.Kind.EQUAL, path));
        }
        for (String path : call.texts("--http-path-prefix")) {
            paths.add(PathMatch.of(PathMatch.Kind.PREFIX, path));
        }
        for (String path : call.texts("--http-path-regex")) {
            paths.add(PathMatch.of(PathMatch.Kind.REGEX, path));
        }
        return new HttpFilter(headers, paths);
    }

    /** {@code Name=value} or {@code Name: value}, whichever separator comes first. */
    static List<HeaderMatch> headers(String option, List<String> texts) throws FaultException {
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

    /** true, false or a path of the caller's, each with {@code :ro} at will. */
    static EngageWish.Mount mount(String text, boolean alwaysReadOnly, Caller caller) throws FaultException {
        boolean suffix = text.endsWith(":ro");
        String where = suffix ? text.substring(0, text.length() - ":ro".length()) : text;
        boolean readOnly = suffix || alwaysReadOnly;
        if (where.isEmpty()) {
            throw Fault.user("--mount needs a value", "Give true, false or a path, with :ro for read-only")
                    .exception();
        }
        if (where.equals("false")) {
            return new EngageWish.Mount(EngageWish.MountMode.NONE, "", false, 0);
        }
        if (where.equals("true")) {
            return new EngageWish.Mount(EngageWish.MountMode.AUTO, "", readOnly, 0);
        }
        return new EngageWish.Mount(
                EngageWish.MountMode.PATH, absolute("--mount", where, caller).toString(), readOnly, 0);
    }

    /** A path as the caller means it. */
    static Path absolute(String option, String text, Caller caller) throws FaultException {
        try {
            return caller.workingDirectory().resolve(text).normalize();
        } catch (InvalidPathException e) {
            throw Fault.user("\"" + text + "\" is not a path", "Give " + option + " another value")
                    .exception(e);
        }
    }

    private static boolean isAlphanumeric(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
    }
}
