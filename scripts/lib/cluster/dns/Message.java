import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A query in wire form, and the making of its response (RFC 1035, with the OPT record of RFC 6891). */
final class Message {
    private static final int RESPONSE = 0x8000;
    private static final int AUTHORITATIVE = 0x0400;
    private static final int TRUNCATED = 0x0200;
    private static final int RECURSION_AVAILABLE = 0x0080;
    private static final int KEPT_FLAGS = 0x7900; // operation code and "recursion desired"
    private static final int TTL = 5;
    private static final int LARGEST_DATAGRAM = 1232;

    /** limit: what the asker can take in a datagram. */
    record Query(int id, int flags, String name, int type, int limit, boolean extended) {}

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    /** Where each name was written, for later pointers to it. */
    private final Map<String, Integer> written = new HashMap<>();

    /** Null if this is no question that can be answered at all. */
    static Query parse(byte[] bytes, int length) {
        try {
            ByteBuffer in = ByteBuffer.wrap(bytes, 0, length);
            int id = in.getShort() & 0xffff;
            int flags = in.getShort() & 0xffff;
            int questions = in.getShort();
            int others = in.getShort() + in.getShort();
            int additional = in.getShort();
            if ((flags & RESPONSE) != 0 || questions != 1 || others != 0) {
                return null;
            }
            String name = name(in);
            int type = in.getShort() & 0xffff;
            in.getShort();
            int limit = additional > 0 ? limitOf(in) : 0;
            return new Query(id, flags, name, type, Math.max(512, Math.min(limit, LARGEST_DATAGRAM)), limit > 0);
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            return null;
        }
    }

    private static String name(ByteBuffer in) {
        StringBuilder name = new StringBuilder();
        for (int length = in.get(); length != 0; length = in.get()) {
            if (length < 0 || name.length() > 255) {
                throw new IllegalArgumentException("a question holds no pointers");
            }
            byte[] label = new byte[length];
            in.get(label);
            name.append(name.isEmpty() ? "" : ".").append(new String(label, StandardCharsets.ISO_8859_1));
        }
        return name.toString();
    }

    private static int limitOf(ByteBuffer in) {
        boolean root = in.get() == 0;
        return root && in.getShort() == Records.OPT ? in.getShort() & 0xffff : 0;
    }

    static byte[] response(Query query, Answers.Answer answer, boolean datagram) {
        byte[] whole = new Message().write(query, answer, 0);
        if (!datagram || whole.length <= query.limit()) {
            return whole;
        }
        return new Message().write(query, new Answers.Answer(answer.code(), List.of(), List.of()), TRUNCATED);
    }

    private byte[] write(Query query, Answers.Answer answer, int truncated) {
        boolean empty = answer.answers().isEmpty() && truncated == 0 && answer.code() != Answers.SERVER_FAILURE;
        number(query.id());
        number(RESPONSE | AUTHORITATIVE | RECURSION_AVAILABLE | query.flags() & KEPT_FLAGS | truncated | answer.code());
        number(1);
        number(answer.answers().size());
        number(empty ? 1 : 0);
        number(answer.additional().size() + (query.extended() ? 1 : 0));
        question(query);
        answer.answers().forEach(record -> record(record, query));
        if (empty) {
            authority(query);
        }
        answer.additional().forEach(record -> record(record, query));
        if (query.extended()) {
            out.write(0);
            number(Records.OPT);
            number(LARGEST_DATAGRAM);
            number(0, 0, 0);
        }
        return out.toByteArray();
    }

    /** The question comes back letter for letter: some askers check the case. */
    private void question(Query query) {
        name(query.name());
        number(query.type(), 1);
    }

    private void record(Records.Record record, Query query) {
        name(record.name().equalsIgnoreCase(query.name()) ? query.name() : record.name());
        number(record.type(), 1, 0, TTL);
        Message data = new Message();
        switch (record.type()) {
            case Records.SRV -> {
                data.number(0, 100, record.port());
                data.name(record.target(), false);
            }
            case Records.CNAME, Records.PTR -> data.name(record.target(), false);
            default -> data.out.writeBytes(record.bytes());
        }
        number(data.out.size());
        out.writeBytes(data.out.toByteArray());
    }

    /** Tells for how long "no such name" and "no such record" may be remembered. */
    private void authority(Query query) {
        boolean inCluster = query.name().toLowerCase().endsWith(Names.ZONE);
        name(inCluster ? Names.ZONE : "");
        number(Records.SOA, 1, 0, TTL);
        Message data = new Message();
        data.name("ns.dns." + Names.ZONE, false);
        data.name("hostmaster." + Names.ZONE, false);
        data.number(0, 1, 0, 7200, 0, 1800, 1, 20864, 0, TTL);
        number(data.out.size());
        out.writeBytes(data.out.toByteArray());
    }

    private void name(String name) {
        name(name, true);
    }

    /** Pointers count from the start of the message, so that names inside of data are written in full. */
    private void name(String name, boolean pointers) {
        String rest = name;
        while (!rest.isEmpty()) {
            Integer before = written.get(rest);
            if (pointers && before != null && before < 0x4000) {
                number(0xc000 | before);
                return;
            }
            written.put(rest, out.size());
            int dot = rest.indexOf('.');
            byte[] label = (dot < 0 ? rest : rest.substring(0, dot)).getBytes(StandardCharsets.ISO_8859_1);
            out.write(label.length);
            out.writeBytes(label);
            rest = dot < 0 ? "" : rest.substring(dot + 1);
        }
        out.write(0);
    }

    private void number(int... values) {
        for (int value : values) {
            out.write(value >> 8);
            out.write(value);
        }
    }
}
