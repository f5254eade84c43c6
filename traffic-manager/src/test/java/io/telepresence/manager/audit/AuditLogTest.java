package io.telepresence.manager.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.manager.audit.AuditEntry.Subject;
import io.telepresence.manager.audit.AuditEntry.Verb;
import io.telepresence.manager.audit.AuditEntry.Who;
import io.telepresence.testing.FakeTime;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

@Timeout(20)
class AuditLogTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final AuditEntry CONNECT =
            new AuditEntry(Verb.CONNECT, new Who("ann", "", "ann@laptop"), Subject.NONE, AuditEntry.OK, "");

    private final FakeTime time = new FakeTime();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private static AuditEntry entry(String text) {
        return new AuditEntry(
                Verb.ATTACH, new Who(text, text, text), new Subject(text, text, text, text, text), text, text);
    }

    @Test
    void eachEntryIsALineOfJson() throws Exception {
        try (AuditLog log = AuditLog.open(out, time)) {
            log.record(new AuditEntry(
                    Verb.ATTACH,
                    new Who("ann", "u-1", "ann@laptop"),
                    new Subject("default", "Deployment", "echo", "intercept", "0:echo"),
                    AuditEntry.REFUSED,
                    "policy \"prod\" forbids it"));
            time.advance(Duration.ofMillis(1500));
            log.record(CONNECT);
        }
        assertEquals(
                """
                {"audit":"attach","time":"2026-01-01T00:00:00Z","user":"ann","uid":"u-1","client":"ann@laptop",\
                "namespace":"default","workload":"echo","workloadKind":"Deployment","kind":"intercept","engagement":"0:echo",\
                "result":"refused","reason":"policy \\"prod\\" forbids it"}
                {"audit":"connect","time":"2026-01-01T00:00:01.500Z","user":"ann","client":"ann@laptop","result":"ok"}
                """,
                out.toString(StandardCharsets.UTF_8));
    }

    /** Nobody forges a line, or acts on the terminal of who reads it; and what was said can be read back. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "a\nb\r\n{\"audit\":\"x\"}",
                "\u001b[2J\u009b31m\u007f\u0000",
                "\u202eabc\u2028\u2029\u0085",
                "quote\" back\\ slash/",
                "ümläut \ud83d\ude00",
                "half \ud83d"
            })
    void hostileTextsAreEscaped(String text) {
        String line = AuditLog.line(time.instant(), entry(text), 0);
        assertTrue(line.chars().allMatch(c -> c >= ' ' && c < 0x7f), line);
        JsonNode read = JSON.readTree(line);
        for (String key : List.of("user", "client", "namespace", "workload", "engagement", "result", "reason")) {
            assertEquals(text, read.get(key).asString(), key);
        }
        assertEquals(12, read.size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "\u0001", "\ud83d\ude00", "\"", "\u007f"})
    void aLineHasAtMost4KiB(String letter) {
        String text = letter.repeat(100_000);
        AuditEntry entry = new AuditEntry(
                Verb.ATTACH, new Who(text, text, text), new Subject(text, text, text, text, text), "ok", text);
        String line = AuditLog.line(time.instant(), entry, 7);
        assertTrue(line.length() < AuditLog.MOST_BYTES, () -> line.length() + " bytes");
        JsonNode read = JSON.readTree(line);
        assertTrue(read.get("user").asString().startsWith(letter));
        assertEquals(7, read.get("lost").intValue());
    }

    /** Standard output does not take anything for a while. */
    @Test
    void whoActsDoesNotWaitAndWhatIsLostIsCounted() throws Exception {
        CountDownLatch writing = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        OutputStream slow = new OutputStream() {
            @Override
            public void write(int b) {
                throw new AssertionError("not a line at once");
            }

            @Override
            public void write(byte[] line) throws IOException {
                writing.countDown();
                boolean interrupted = false;
                while (goOn.getCount() > 0) {
                    try {
                        goOn.await();
                    } catch (InterruptedException e) {
                        interrupted = true;
                    }
                }
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
                out.write(line);
            }
        };
        try (AuditLog log = AuditLog.open(slow, time)) {
            log.record(CONNECT);
            writing.await();
            for (int i = 0; i < AuditLog.MOST_WAITING + 5; i++) {
                log.record(CONNECT);
            }
            goOn.countDown();
        }
        List<String> lines = out.toString(StandardCharsets.UTF_8).lines().toList();
        assertEquals(1 + AuditLog.MOST_WAITING, lines.size());
        assertEquals(
                List.of(5),
                lines.stream()
                        .map(JSON::readTree)
                        .filter(l -> l.has("lost"))
                        .map(l -> l.get("lost").intValue())
                        .toList());
        assertTrue(lines.get(1).contains("\"lost\":5"), lines.get(1));
    }
}
