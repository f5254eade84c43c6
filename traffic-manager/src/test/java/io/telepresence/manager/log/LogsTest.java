package io.telepresence.manager.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.io.IOException;
import java.net.ConnectException;
import org.junit.jupiter.api.Test;

class LogsTest {
    private static final String WATCH = "io.fabric8.kubernetes.client.informers.impl.cache.Reflector";
    private static final Exception AWAY =
            new IOException("list failed", new ConnectException("Connection refused\nmore"));

    private final LoggerContext context = new LoggerContext();

    @Test
    void aWatchThatLosesTheApiServerIsOneLine() {
        String text = logged(WATCH, Level.WARN, AWAY);
        assertTrue(text.endsWith(" WARN  Reflector will retry: ConnectException Connection refused\n"), text);
        assertEquals(1, text.lines().count());
    }

    @Test
    void everythingElseKeepsItsTrace() {
        assertTrue(logged(WATCH, Level.ERROR, AWAY).contains("\tat io.telepresence.manager.log.LogsTest"));
        String own = logged("io.telepresence.manager.Manager", Level.WARN, AWAY);
        assertTrue(own.contains("Manager will retry\n\tjava.io.IOException: list failed\n\t\tat "), own);
        assertTrue(own.contains("\n\tCaused by: java.net.ConnectException"), own);
        assertEquals(1, logged(WATCH, Level.WARN, null).lines().count());
    }

    private String logged(String logger, Level level, Exception error) {
        LoggingEvent event = new LoggingEvent("", context.getLogger(logger), level, "will retry", error, null);
        return new String(ManagerLogs.encoder(context).encode(event), UTF_8);
    }
}
