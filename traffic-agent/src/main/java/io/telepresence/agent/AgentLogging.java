package io.telepresence.agent;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import io.telepresence.log.LogLayout;
import java.time.Instant;
import org.slf4j.LoggerFactory;

/**
 * Log lines on stdout, where {@code kubectl logs} finds them, set up without reading any file. Logback finds this class
 * through {@code META-INF/services}.
 */
public final class AgentLogging extends ContextAwareBase implements Configurator {
    /** For logback. */
    public AgentLogging() {}

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setContext(context);
        appender.setName("stdout");
        appender.setEncoder(LogLayout.encoder(context, AgentLogging::line, event -> true));
        appender.start();
        Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        root.addAppender(appender);
        root.setLevel(Level.INFO);
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    /** Sets the level of everything that is ours; libraries stay at INFO or above. An unknown word means INFO. */
    static void level(String word) {
        Level level = Level.toLevel(word, Level.INFO);
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.getLogger("io.telepresence").setLevel(level);
        context.getLogger(Logger.ROOT_LOGGER_NAME).setLevel(level.isGreaterOrEqual(Level.INFO) ? level : Level.INFO);
    }

    private static String line(ILoggingEvent event) {
        String logger = event.getLoggerName();
        return Instant.ofEpochMilli(event.getTimeStamp()) + " " + event.getLevel() + " "
                + logger.substring(logger.lastIndexOf('.') + 1) + " : " + event.getFormattedMessage();
    }
}
