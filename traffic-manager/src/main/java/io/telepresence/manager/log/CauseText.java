package io.telepresence.manager.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.pattern.ClassicConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;

/**
 * The cause of a warning of the Kubernetes client, in the same line and in the place of a stack trace. Its watches heal by
 * themselves when the API server goes and comes.
 */
final class CauseText extends ClassicConverter {
    private static final String CLIENT = "io.fabric8.";

    /** Whether the event is such a warning. */
    static boolean isPassing(ILoggingEvent event) {
        return event.getLoggerName().startsWith(CLIENT) && event.getLevel() != Level.ERROR;
    }

    @Override
    public String convert(ILoggingEvent event) {
        IThrowableProxy thrown = event.getThrowableProxy();
        return thrown == null || !isPassing(event) ? "" : ": " + rootOf(thrown);
    }

    private static String rootOf(IThrowableProxy thrown) {
        IThrowableProxy root = thrown;
        while (root.getCause() != null && !root.isCyclic()) {
            root = root.getCause();
        }
        String name = root.getClassName().substring(root.getClassName().lastIndexOf('.') + 1);
        String text = root.getMessage();
        return text == null ? name : name + " " + text.lines().findFirst().orElse("");
    }
}
