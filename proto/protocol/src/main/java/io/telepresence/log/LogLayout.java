package io.telepresence.log;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.PatternLayout;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.LayoutBase;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import io.telepresence.text.Printable;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * The layout of every log: an event is one line in which nothing acts on a terminal, whatever is in its message; the lines of
 * its stack trace begin with a tab. So text from elsewhere cannot forge a line.
 */
public final class LogLayout extends LayoutBase<ILoggingEvent> {
    private final Function<ILoggingEvent, String> line;
    private final Predicate<ILoggingEvent> traced;

    private LogLayout(Function<ILoggingEvent, String> line, Predicate<ILoggingEvent> traced) {
        this.line = line;
        this.traced = traced;
    }

    /**
     * An encoder that has been started.
     *
     * @param line an event without its stack trace
     * @param traced whether the stack trace of an event is shown, if it has one
     */
    public static Encoder<ILoggingEvent> encoder(
            LoggerContext context, Function<ILoggingEvent, String> line, Predicate<ILoggingEvent> traced) {
        LogLayout layout = new LogLayout(line, traced);
        layout.setContext(context);
        layout.start();
        LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
        encoder.setContext(context);
        encoder.setLayout(layout);
        encoder.start();
        return encoder;
    }

    /** @param pattern of logback, for one line and without a stack trace */
    public static Encoder<ILoggingEvent> encoder(LoggerContext context, String pattern) {
        PatternLayout layout = new PatternLayout();
        layout.setContext(context);
        layout.setPattern(pattern + "%nopex");
        layout.start();
        return encoder(context, layout::doLayout, event -> true);
    }

    @Override
    public String doLayout(ILoggingEvent event) {
        StringBuilder text =
                new StringBuilder(256).append(Printable.line(line.apply(event))).append('\n');
        if (event.getThrowableProxy() != null && traced.test(event)) {
            ThrowableProxyUtil.asString(event.getThrowableProxy())
                    .lines()
                    .forEach(l -> text.append('\t').append(Printable.lines(l)).append('\n'));
        }
        return text.toString();
    }
}
