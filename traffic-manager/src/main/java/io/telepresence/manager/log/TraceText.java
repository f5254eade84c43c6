package io.telepresence.manager.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.pattern.ThrowableProxyConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.CoreConstants;

/**
 * What is appended to a line that was logged with an exception: its stack trace, but of the Kubernetes client's warnings
 * only the cause, in the same line. Its watches heal by themselves when the API server goes and comes.
 */
final class TraceText extends ThrowableProxyConverter {
    private static final String CLIENT = "io.fabric8.";

    @Override
    public String convert(ILoggingEvent event) {
        IThrowableProxy thrown = event.getThrowableProxy();
        if (thrown == null) {
            return "";
        }
        boolean passing = event.getLoggerName().startsWith(CLIENT) && event.getLevel() != Level.ERROR;
        return passing
                ? ": " + rootOf(thrown)
                : CoreConstants.LINE_SEPARATOR + super.convert(event).stripTrailing();
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
