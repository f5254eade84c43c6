package io.telepresence.rootd;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.rolling.FixedWindowRollingPolicy;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy;
import ch.qos.logback.core.util.FileSize;
import io.telepresence.fault.FaultException;
import io.telepresence.log.LogLayout;
import io.telepresence.run.Threads;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.LoggerFactory;

/** Where this process logs, and how much. */
final class RootLogs {
    private static final String PATTERN = "%d{yyyy-MM-dd HH:mm:ss.SSS} %-5level [%thread] %logger{20} : %msg";
    private static final AtomicInteger LEVEL_CHANGES = new AtomicInteger();

    private RootLogs() {}

    /**
     * RootLogs to a file of 5 MB that is rolled over five times, and to the terminal if asked.
     *
     * @throws FaultException others than root could have put something in the file's place
     */
    static void open(RootOptions options) throws FaultException {
        if (!options.container()) { // there nobody else is
            RootDirectory.checkFile(options.logFile());
        }
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.reset();
        RollingFileAppender<ILoggingEvent> file = new RollingFileAppender<>();
        file.setFile(options.logFile().toString());
        FixedWindowRollingPolicy rolling = new FixedWindowRollingPolicy();
        rolling.setContext(context);
        rolling.setParent(file);
        rolling.setMaxIndex(5);
        rolling.setFileNamePattern(options.logFile() + ".%i");
        rolling.start();
        SizeBasedTriggeringPolicy<ILoggingEvent> size = new SizeBasedTriggeringPolicy<>();
        size.setContext(context);
        size.setMaxFileSize(FileSize.valueOf("5MB"));
        size.start();
        file.setRollingPolicy(rolling);
        file.setTriggeringPolicy(size);
        start(context, file);
        if (options.foreground()) {
            start(context, new ConsoleAppender<>());
        }
        root().setLevel(Level.INFO);
    }

    /** @param duration zero: for ever */
    static void level(String level, Duration duration) {
        int change = LEVEL_CHANGES.incrementAndGet();
        Level before = root().getLevel();
        root().setLevel(Level.toLevel(level, Level.INFO));
        if (duration.isPositive()) {
            Threads.virtual("log-level-back", () -> back(change, before, duration));
        }
    }

    private static void back(int change, Level before, Duration duration) {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (LEVEL_CHANGES.get() == change) {
            root().setLevel(before);
        }
    }

    private static void start(LoggerContext context, OutputStreamAppender<ILoggingEvent> appender) {
        appender.setContext(context);
        appender.setEncoder(LogLayout.encoder(context, PATTERN));
        appender.start();
        root().addAppender(appender);
    }

    private static Logger root() {
        Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        for (String noisy : new String[] {"io.netty", "io.grpc", "org.xbill"}) {
            ((Logger) LoggerFactory.getLogger(noisy)).setLevel(Level.WARN);
        }
        // It warns at each connection to a unix socket that such a one has no SO_KEEPALIVE.
        ((Logger) LoggerFactory.getLogger("io.netty.bootstrap")).setLevel(Level.ERROR);
        return root;
    }
}
