package io.telepresence.manager.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.PatternLayout;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import io.telepresence.log.LogLayout;
import org.slf4j.LoggerFactory;

/** Sets up the log of this process: standard output for the kubelet, and a ring in memory. */
public final class ManagerLogs {
    private static final String PATTERN = "%d{yyyy-MM-dd'T'HH:mm:ss.SSSX, UTC} %-5level %logger{0} %msg%cause%nopex";

    private ManagerLogs() {}

    /** Replaces what the log library has set up by itself. */
    public static LogRing start(String level) {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.reset();
        ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
        console.setContext(context);
        console.setEncoder(encoder(context));
        console.start();
        LogRing ring = new LogRing(encoder(context));
        ring.setContext(context);
        ring.start();
        Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        root.addAppender(console);
        root.addAppender(ring);
        limitLibraries(context);
        level(level);
        return ring;
    }

    /**
     * At every level of ours these say no more than this: some would log frames and headers, and with them session ids
     * and tokens.
     */
    public static void limitLibraries(LoggerContext context) {
        for (String chatty : new String[] {"io.netty", "io.grpc", "io.fabric8", "org.xbill"}) {
            context.getLogger(chatty).setLevel(Level.WARN);
        }
        // Its web sockets tell of every watch that was cut; the watches heal and say so themselves.
        context.getLogger("io.fabric8.kubernetes.client.jdkhttp").setLevel(Level.ERROR);
        // An old version is asked for only where the new one is missing.
        context.getLogger("io.fabric8.kubernetes.client.dsl.internal.VersionUsageUtils")
                .setLevel(Level.ERROR);
    }

    /** @param level ERROR, WARN, INFO, DEBUG or TRACE */
    public static void level(String level) {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.getLogger(Logger.ROOT_LOGGER_NAME).setLevel(Level.toLevel(level, Level.INFO));
    }

    static Encoder<ILoggingEvent> encoder(LoggerContext context) {
        PatternLayout layout = new PatternLayout();
        layout.setContext(context);
        layout.getInstanceConverterMap().put("cause", CauseText::new);
        layout.setPattern(PATTERN);
        layout.start();
        return LogLayout.encoder(context, layout::doLayout, event -> !CauseText.isPassing(event));
    }
}
