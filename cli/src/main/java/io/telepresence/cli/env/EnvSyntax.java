package io.telepresence.cli.env;

import io.telepresence.cli.output.JsonWriter;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How an environment file is written. A value is read back as it was, whatever is in it; only JSON has no way to say bytes
 * that are no UTF-8.
 */
public enum EnvSyntax {
    DOCKER("docker"),
    COMPOSE("compose"),
    SH("sh"),
    SH_EXPORT("sh:export"),
    CSH("csh"),
    CSH_EXPORT("csh:export"),
    PS("ps"),
    PS_EXPORT("ps:export"),
    CMD("cmd"),
    JSON("json");

    private final String word;

    EnvSyntax(String word) {
        this.word = word;
    }

    /** @throws FaultException there is no such syntax */
    public static EnvSyntax parse(String text) throws FaultException {
        for (EnvSyntax syntax : values()) {
            if (syntax.word.equals(text)) {
                return syntax;
            }
        }
        throw Fault.user(
                        "invalid environment syntax \"" + text + "\"",
                        "Use one of docker, compose, sh, csh, cmd, json, ps; sh, csh and ps may end in :export")
                .exception();
    }

    /**
     * The whole file, sorted by name.
     *
     * @throws FaultException a value has several lines, which this syntax cannot say
     */
    public String text(Map<String, String> environment) throws FaultException {
        SortedMap<String, String> sorted = new TreeMap<>(environment);
        if (this == JSON) {
            return json(sorted);
        }
        StringBuilder text = new StringBuilder();
        for (Map.Entry<String, String> entry : sorted.entrySet()) {
            if (fits(entry.getKey(), entry.getValue())) {
                text.append(line(entry.getKey(), entry.getValue())).append('\n');
            }
        }
        return text.toString();
    }

    /**
     * Names that cannot be set in this syntax, or not without danger, or whose value cannot be said and nobody will miss;
     * {@link #text} leaves them out.
     */
    public List<String> leftOut(Map<String, String> environment) {
        return environment.entrySet().stream()
                .filter(e -> !fits(e.getKey(), e.getValue()))
                .map(Map.Entry::getKey)
                .sorted()
                .toList();
    }

    /** What is named like a file, as the keys of a ConfigMap in envFrom may be, is no reason to refuse everything else. */
    private boolean fits(String name, String value) {
        return switch (this) {
            case SH, SH_EXPORT, CSH, CSH_EXPORT -> isIdentifier(name);
            case DOCKER, CMD -> isIdentifier(name) || isHarmless(name) && isOneLine(value);
            case COMPOSE, PS, PS_EXPORT -> isHarmless(name);
            case JSON -> true;
        };
    }

    private static boolean isOneLine(String value) {
        return value.indexOf('\n') < 0 && value.indexOf('\r') < 0;
    }

    private String line(String name, String value) throws FaultException {
        return switch (this) {
            case DOCKER -> name + "=" + oneLine(name, value);
            case COMPOSE -> name + "=" + compose(value);
            case SH -> name + "=" + sh(value);
            case SH_EXPORT -> "export " + name + "=" + sh(value);
            case CSH -> "set " + name + "=" + csh(value);
            case CSH_EXPORT -> "setenv " + name + " " + csh(value);
            case PS -> (isIdentifier(name) ? "$Env:" + name : "${Env:" + name + "}") + "=" + ps(value);
            case PS_EXPORT -> "[Environment]::SetEnvironmentVariable(" + ps(name) + ", " + ps(value) + ", 'User')";
            case CMD -> "set " + name + "=" + cmd(oneLine(name, value));
            case JSON -> throw new IllegalStateException("JSON has no lines");
        };
    }

    private String oneLine(String name, String value) throws FaultException {
        if (!isOneLine(value)) {
            throw Fault.user(
                            "the value of " + name + " has several lines, which the environment syntax " + word
                                    + " cannot express",
                            "Use --env-syntax compose, sh or json")
                    .exception();
        }
        return value;
    }

    /** A quote cannot stand in single quotes there, and a backslash in front of the last one would take its place. */
    private static String compose(String value) {
        boolean plain = value.chars().noneMatch(c -> c == '\n' || c == '\t' || c == '\r' || c == '\'');
        if (plain && !value.endsWith("\\")) {
            return "'" + value + "'";
        }
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '\n' -> quoted.append("\\n");
                case '\t' -> quoted.append("\\t");
                case '\r' -> quoted.append("\\r");
                case '"', '\\', '$' -> quoted.append('\\').append(c);
                default -> quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }

    private static String sh(String value) {
        return "'" + value.replace("'", "'\\''") + "'";
    }

    /** History is replaced in single quotes too, and a line ends there unless a backslash stands in front of its end. */
    private static String csh(String value) {
        return sh(value).replace("!", "\\!").replace("\n", "\\\n");
    }

    /** Typographic quotes end a string there as plain ones do; each is taken as it is if it comes twice. */
    private static String ps(String value) {
        return "'" + value.replaceAll("['\\u2018\\u2019\\u201a\\u201b]", "$0$0") + "'";
    }

    private static String cmd(String value) {
        StringBuilder escaped = new StringBuilder();
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if ("^&|<>\"".indexOf(c) >= 0) {
                escaped.append('^');
            } else if (c == '%') {
                escaped.append('%');
            }
            escaped.append(c);
        }
        return escaped.toString();
    }

    private static String json(SortedMap<String, String> environment) {
        StringBuilder text = new StringBuilder("{");
        String separator = "\n  ";
        for (Map.Entry<String, String> entry : environment.entrySet()) {
            text.append(separator)
                    .append(JsonWriter.of(entry.getKey()))
                    .append(": ")
                    .append(JsonWriter.of(EnvBytes.shown(entry.getValue())));
            separator = ",\n  ";
        }
        return text.append(environment.isEmpty() ? "}\n" : "\n}\n").toString();
    }

    /** Kubernetes lets names have anything but an equals sign in them; in these there is nothing that could be run. */
    private static boolean isHarmless(String name) {
        return !name.isEmpty()
                && name.chars().allMatch(c -> c < 128 && Character.isLetterOrDigit(c) || "_-.".indexOf(c) >= 0);
    }

    private static boolean isIdentifier(String name) {
        return !name.isEmpty()
                && !Character.isDigit(name.charAt(0))
                && name.chars().allMatch(c -> c == '_' || c < 128 && Character.isLetterOrDigit(c));
    }
}
