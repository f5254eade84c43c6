package io.telepresence.manager.audit;

import io.telepresence.run.Threads;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes each entry as one JSON object on a line of its own, in ASCII, of at most {@value #MOST_BYTES} bytes. One thread
 * writes; while {@value #MOST_WAITING} wait for it, more are lost, and the next line says how many.
 */
public final class AuditLog implements Audit, AutoCloseable {
    static final int MOST_BYTES = 4096;
    static final int MOST_WAITING = 1024;

    private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);

    /** Characters of one text; less where a line would be too long. */
    private static final int LONGEST_TEXT = 1024;

    private static final long CLOSE_MILLIS = 2000;
    private static final ObjectMapper JSON =
            JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    private final OutputStream out;
    private final InstantSource time;
    private final BlockingQueue<Waiting> queue = new ArrayBlockingQueue<>(MOST_WAITING);
    private final AtomicLong lost = new AtomicLong();
    private Thread writer;

    private record Waiting(Instant when, AuditEntry entry) {}

    private AuditLog(OutputStream out, InstantSource time) {
        this.out = out;
        this.time = time;
    }

    /** @param out stays open; each line is one write */
    public static AuditLog open(OutputStream out, InstantSource time) {
        AuditLog log = new AuditLog(out, time);
        log.writer = Threads.platform("audit-log", log::write);
        return log;
    }

    @Override
    public void record(AuditEntry entry) {
        if (!queue.offer(new Waiting(time.instant(), entry))) {
            lost.incrementAndGet();
        }
    }

    /** What waits is still written, within 2 s. */
    @Override
    public void close() throws InterruptedException {
        writer.interrupt();
        writer.join(CLOSE_MILLIS);
    }

    private void write() {
        try {
            while (true) {
                write(queue.take());
            }
        } catch (InterruptedException e) {
            for (Waiting last = queue.poll(); last != null; last = queue.poll()) {
                write(last);
            }
        }
    }

    private void write(Waiting waiting) {
        long before = lost.getAndSet(0);
        try {
            out.write((line(waiting.when(), waiting.entry(), before) + "\n").getBytes(StandardCharsets.US_ASCII));
            out.flush();
        } catch (IOException | RuntimeException e) {
            lost.addAndGet(before + 1);
            LOG.warn("a line of the audit log cannot be written", e);
        }
    }

    static String line(Instant when, AuditEntry entry, long lost) {
        String line = "";
        for (int most = LONGEST_TEXT; most > 0; most /= 2) {
            line = JSON.writeValueAsString(fields(when, entry, lost, most)).replace("\u007f", "\\u007F");
            if (line.length() < MOST_BYTES) {
                return line;
            }
        }
        throw new IllegalStateException("a line of " + line.length() + " characters");
    }

    private static Map<String, Object> fields(Instant when, AuditEntry entry, long lost, int most) {
        Map<String, Object> fields = new LinkedHashMap<>();
        AuditEntry.Subject subject = entry.subject();
        fields.put("audit", entry.verb().word());
        fields.put("time", when.truncatedTo(ChronoUnit.MILLIS).toString());
        fields.put("user", cut(entry.who().user(), most));
        put(fields, "uid", entry.who().uid(), most);
        put(fields, "client", entry.who().client(), most);
        put(fields, "namespace", subject.namespace(), most);
        put(fields, "workload", subject.workload(), most);
        put(fields, "workloadKind", subject.workloadKind(), most);
        put(fields, "kind", subject.kind(), most);
        put(fields, "engagement", subject.engagement(), most);
        fields.put("result", entry.result());
        put(fields, "reason", entry.reason(), most);
        if (lost > 0) {
            fields.put("lost", lost);
        }
        return fields;
    }

    private static void put(Map<String, Object> fields, String key, String text, int most) {
        if (!text.isEmpty()) {
            fields.put(key, cut(text, most));
        }
    }

    private static String cut(String text, int most) {
        return text.length() <= most ? text : text.substring(0, most) + "…";
    }
}
