package io.telepresence.manager.log;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.encoder.Encoder;
import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.Deque;

/** The last megabytes of the log, line by line. Any thread. */
public final class LogRing extends AppenderBase<ILoggingEvent> {
    private static final int MOST_BYTES = 2 << 20;

    private final Deque<byte[]> lines = new ArrayDeque<>();
    private final Encoder<ILoggingEvent> encoder;
    private int bytes;

    public LogRing(Encoder<ILoggingEvent> encoder) {
        this.encoder = encoder;
    }

    /** All that is kept, oldest line first. */
    public byte[] read() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        synchronized (lines) {
            lines.forEach(out::writeBytes);
        }
        return out.toByteArray();
    }

    @Override
    protected void append(ILoggingEvent event) {
        byte[] line = encoder.encode(event);
        synchronized (lines) {
            lines.add(line);
            bytes += line.length;
            while (bytes > MOST_BYTES) {
                bytes -= lines.remove().length;
            }
        }
    }
}
