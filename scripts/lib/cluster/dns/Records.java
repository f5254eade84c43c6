import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A set of DNS records, and which names exist at all. Names are in lower case without a final dot.
 * Filled by one thread and then only read.
 */
final class Records {
    static final int A = 1;
    static final int CNAME = 5;
    static final int SOA = 6;
    static final int PTR = 12;
    static final int TXT = 16;
    static final int AAAA = 28;
    static final int SRV = 33;
    static final int OPT = 41;
    static final int ANY = 255;

    /** The fields that are used depend on the type: bytes of an address or text, or a target name. */
    record Record(String name, int type, byte[] bytes, String target, int port) {}

    private final Map<String, List<Record>> byName = new HashMap<>();
    /** Also names without records that have something below them: they exist, they are not NXDOMAIN. */
    private final Set<String> existing = new HashSet<>();

    void address(String name, InetAddress address) {
        byte[] bytes = address.getAddress();
        add(new Record(name, bytes.length == 4 ? A : AAAA, bytes, null, 0));
    }

    void target(String name, int type, String target) {
        add(new Record(name, type, null, target, 0));
    }

    void service(String name, int port, String target) {
        add(new Record(name, SRV, null, target, port));
    }

    void text(String name, String text) {
        byte[] letters = text.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        byte[] bytes = new byte[letters.length + 1];
        bytes[0] = (byte) letters.length;
        System.arraycopy(letters, 0, bytes, 1, letters.length);
        add(new Record(name, TXT, bytes, null, 0));
    }

    void exists(String name) {
        for (String here = name; existing.add(here) && here.indexOf('.') > 0; ) {
            here = here.substring(here.indexOf('.') + 1);
        }
    }

    boolean isKnown(String name) {
        return existing.contains(name);
    }

    /** The records of a name with this type; an alias stands in for every type. */
    List<Record> find(String name, int type) {
        List<Record> found = new ArrayList<>();
        for (Record record : byName.getOrDefault(name, List.of())) {
            if (record.type() == type || record.type() == CNAME || type == ANY) {
                found.add(record);
            }
        }
        return found;
    }

    private void add(Record record) {
        List<Record> records = byName.computeIfAbsent(record.name(), name -> new ArrayList<>());
        boolean twice = records.stream().anyMatch(other -> same(other, record));
        if (!twice) {
            records.add(record);
        }
        exists(record.name());
    }

    private static boolean same(Record one, Record other) {
        return one.type() == other.type()
                && one.port() == other.port()
                && java.util.Arrays.equals(one.bytes(), other.bytes())
                && java.util.Objects.equals(one.target(), other.target());
    }
}
