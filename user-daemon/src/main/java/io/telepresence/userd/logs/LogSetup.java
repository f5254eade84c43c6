package io.telepresence.userd.logs;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.rolling.FixedWindowRollingPolicy;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy;
import ch.qos.logback.core.util.FileSize;
import io.telepresence.log.LogLayout;
import io.telepresence.run.Threads;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.LoggerFactory;

/** Sets up logback: one file of at most 10 MB and five old ones. Thread-safe. */
public final class LogSetup {
    private final Logger ours;
    private Level configured = Level.INFO;
    private CountDownLatch back = new CountDownLatch(1);

    private LogSetup(Logger ours) {
        this.ours = ours;
    }

    public static LogSetup toFile(Path file) {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.reset();
        RollingFileAppender<ILoggingEvent> appender = new RollingFileAppender<>();
        appender.setContext(context);
        appender.setFile(file.toString());
        appender.setEncoder(LogLayout.encoder(context, "%d{yyyy-MM-dd HH:mm:ss.SSS} %-5level %logger{0} : %msg"));
        FixedWindowRollingPolicy rolling = new FixedWindowRollingPolicy();
        rolling.setContext(context);
        rolling.setParent(appender);
        rolling.setFileNamePattern(file + ".%i");
        rolling.setMinIndex(1);
        rolling.setMaxIndex(5);
        rolling.start();
        SizeBasedTriggeringPolicy<ILoggingEvent> size = new SizeBasedTriggeringPolicy<>();
        size.setContext(context);
        size.setMaxFileSize(FileSize.valueOf("10MB"));
        size.start();
        appender.setRollingPolicy(rolling);
        appender.setTriggeringPolicy(size);
        appender.start();
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.INFO);
        root.addAppender(appender);
        return new LogSetup(context.getLogger("io.telepresence"));
    }

    /** The level of the configuration. */
    public synchronized void configured(String level) {
        configured = Level.toLevel(level, Level.INFO);
        ours.setLevel(configured);
    }

    /** Another level for a while; zero: for ever. */
    public synchronized void set(String level, Duration time) {
        back.countDown();
        CountDownLatch mine = new CountDownLatch(1);
        back = mine;
        ours.setLevel(Level.toLevel(level, configured));
        if (!time.isZero()) {
            Threads.virtual("log-level", () -> restore(mine, time));
        }
    }

    private void restore(CountDownLatch mine, Duration time) {
        try {
            if (!mine.await(time.toMillis(), TimeUnit.MILLISECONDS)) {
                synchronized (this) {
                    ours.setLevel(configured);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
