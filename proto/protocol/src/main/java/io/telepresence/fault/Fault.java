package io.telepresence.fault;

import java.util.Objects;

/**
 * One sentence for the user, whose turn it is, and what to do.
 *
 * @param kind whose turn it is
 * @param text what is wrong and where: one sentence, safe to print, no stack trace
 * @param remedy what to do; may be empty
 * @param logFile where more can be read; may be empty
 */
public record Fault(Kind kind, String text, String remedy, String logFile) {
    /** Whose turn it is; decides the exit code and whether the log is mentioned. */
    public enum Kind {
        USER,
        CONFIG,
        UNREACHABLE,
        INTERNAL,
        DENIED,
        UNKNOWN
    }

    public Fault {
        Objects.requireNonNull(kind);
        Objects.requireNonNull(text);
        Objects.requireNonNull(remedy);
        Objects.requireNonNull(logFile);
    }

    public static Fault user(String text, String remedy) {
        return new Fault(Kind.USER, text, remedy, "");
    }

    public static Fault config(String text, String remedy) {
        return new Fault(Kind.CONFIG, text, remedy, "");
    }

    public static Fault unreachable(String text, String remedy) {
        return new Fault(Kind.UNREACHABLE, text, remedy, "");
    }

    public static Fault denied(String text, String remedy) {
        return new Fault(Kind.DENIED, text, remedy, "");
    }

    public static Fault internal(String text) {
        return new Fault(Kind.INTERNAL, text, "", "");
    }

    /** This fault as an exception, ready to throw. */
    public FaultException exception() {
        return new FaultException(this);
    }

    /** This fault as an exception with its cause, which only the log will show. */
    public FaultException exception(Throwable cause) {
        return new FaultException(this, cause);
    }

    /** Text and remedy as the command line prints them. */
    @Override
    public String toString() {
        return remedy.isEmpty() ? text : text + ". " + remedy;
    }
}
