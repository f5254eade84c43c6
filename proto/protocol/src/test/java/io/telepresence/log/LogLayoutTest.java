package io.telepresence.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class LogLayoutTest {
    private final LoggerContext context = new LoggerContext();

    private String logged(String message, Exception error, Object... arguments) {
        LoggingEvent event = new LoggingEvent("", context.getLogger("a.B"), Level.INFO, message, error, arguments);
        return new String(LogLayout.encoder(context, "%level %logger{0} : %msg").encode(event), UTF_8);
    }

    @Test
    void anEventIsOneLineWhateverItSays() {
        assertEquals(
                "INFO B : client ann\\n12:00 ERROR gone\\x1b[2J arrives\n",
                logged("client {} arrives", null, "ann\n12:00 ERROR gone\u001b[2J"));
    }

    @Test
    void aStackTraceForgesNoLine() {
        String text = logged("failed", new IOException("first\n12:00 ERROR forged\r\u001b[2J"));
        assertTrue(text.startsWith("INFO B : failed\n\tjava.io.IOException: first\n\t12:00 ERROR forged\n\t"), text);
        assertTrue(text.contains("\n\t\tat io.telepresence.log.LogLayoutTest"), text);
        assertEquals(-1, text.indexOf('\u001b'));
        assertTrue(text.lines().skip(1).allMatch(l -> l.startsWith("\t")), text);
    }
}
