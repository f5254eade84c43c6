package io.telepresence.cli.invocation;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** Reads values that options of several commands have; what cannot be read is one sentence. */
public final class Arguments {
    private static final int LONGEST_NAME = 253;
    private static final int LONGEST_LABEL = 63;

    private Arguments() {}

    public static String name(String what, String text) throws FaultException {
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
    public static String label(String option, String text) throws FaultException {
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

    public static int portNumber(String option, String text) throws FaultException {
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

    /** A path as the caller means it. */
    public static Path absolute(String option, String text, Invoker caller) throws FaultException {
        try {
            return caller.workingDirectory().resolve(text).normalize();
        } catch (InvalidPathException e) {
            throw Fault.user("\"" + text + "\" is not a path", "Give " + option + " another value")
                    .exception(e);
        }
    }

    public static boolean isAlphanumeric(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
    }
}
