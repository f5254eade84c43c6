package io.telepresence.cli.grpc;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * HPACK (RFC 7541) as far as this client needs it. It announces a dynamic table of size zero, so what it reads is made
 * of the static table and of literals; what it writes are literals only.
 */
final class Headers {
    private static final int STATIC_ENTRIES = 61;

    /** Names of the static table, in order; repeated ones are left out behind {@code *COUNT}. */
    private static final String NAMES =
            ":authority :method*2 :path*2 :scheme*2 :status*7 accept-charset accept-encoding"
                    + " accept-language accept-ranges accept access-control-allow-origin age allow authorization cache-control"
                    + " content-disposition content-encoding content-language content-length content-location content-range"
                    + " content-type cookie date etag expect expires from host if-match if-modified-since if-none-match if-range"
                    + " if-unmodified-since last-modified link location max-forwards proxy-authenticate proxy-authorization range"
                    + " referer refresh retry-after server set-cookie strict-transport-security transfer-encoding user-agent vary"
                    + " via www-authenticate";

    private static final Map<Integer, String> VALUES = Map.ofEntries(
            Map.entry(2, "GET"),
            Map.entry(3, "POST"),
            Map.entry(4, "/"),
            Map.entry(5, "/index.html"),
            Map.entry(6, "http"),
            Map.entry(7, "https"),
            Map.entry(8, "200"),
            Map.entry(9, "204"),
            Map.entry(10, "206"),
            Map.entry(11, "304"),
            Map.entry(12, "400"),
            Map.entry(13, "404"),
            Map.entry(14, "500"),
            Map.entry(16, "gzip, deflate"));

    private final byte[] block;
    private int at;

    private Headers(byte[] block) {
        this.block = block;
    }

    /** Decodes one header block. The last value of a repeated name wins. */
    static Map<String, String> decode(byte[] block) throws CallFailed {
        return new Headers(block).decode();
    }

    /** Encodes name, value, name, value… */
    static byte[] encode(String... namesAndValues) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(256);
        for (int i = 0; i < namesAndValues.length; i += 2) {
            out.write(0);
            text(out, namesAndValues[i]);
            text(out, namesAndValues[i + 1]);
        }
        return out.toByteArray();
    }

    private static void text(ByteArrayOutputStream out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        int left = bytes.length;
        if (left < 127) {
            out.write(left);
        } else {
            out.write(127);
            left -= 127;
            while (left >= 128) {
                out.write(left & 127 | 128);
                left >>= 7;
            }
            out.write(left);
        }
        out.writeBytes(bytes);
    }

    private Map<String, String> decode() throws CallFailed {
        Map<String, String> headers = new HashMap<>();
        while (at < block.length) {
            int first = block[at] & 0xff;
            if (first >= 0x80) {
                int index = number(7);
                headers.put(name(index), VALUES.getOrDefault(index, ""));
            } else if (first >= 0x40) {
                literal(6, headers);
            } else if (first >= 0x20) {
                number(5);
            } else {
                literal(4, headers);
            }
        }
        return headers;
    }

    private void literal(int prefixBits, Map<String, String> headers) throws CallFailed {
        int index = number(prefixBits);
        String name = index == 0 ? text() : name(index);
        headers.put(name, text());
    }

    private static String name(int index) throws CallFailed {
        String[] names = StaticNames.ALL;
        if (index < 1 || index > STATIC_ENTRIES) {
            throw broken("header index " + index);
        }
        return names[index - 1];
    }

    private int number(int prefixBits) throws CallFailed {
        int most = (1 << prefixBits) - 1;
        int value = octet() & most;
        if (value < most) {
            return value;
        }
        for (int shift = 0; shift <= 21; shift += 7) {
            int octet = octet();
            value += (octet & 127) << shift;
            if (octet < 128) {
                return value;
            }
        }
        throw broken("header number too large");
    }

    private String text() throws CallFailed {
        if (at >= block.length) {
            throw broken("header block cut short");
        }
        boolean huffman = (block[at] & 0x80) != 0;
        int length = number(7);
        if (length > block.length - at) {
            throw broken("header text cut short");
        }
        byte[] bytes =
                huffman ? Huffman.decode(block, at, length) : java.util.Arrays.copyOfRange(block, at, at + length);
        if (bytes == null) {
            throw broken("header text is not valid Huffman code");
        }
        at += length;
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private int octet() throws CallFailed {
        if (at >= block.length) {
            throw broken("header block cut short");
        }
        return block[at++] & 0xff;
    }

    private static CallFailed broken(String what) {
        return new CallFailed(CallFailed.INTERNAL, "the daemon's answer cannot be read: " + what);
    }

    /** Made when the first indexed header comes. */
    private static final class StaticNames {
        static final String[] ALL = new String[STATIC_ENTRIES];

        static {
            int next = 0;
            for (String entry : NAMES.split(" ")) {
                int star = entry.indexOf('*');
                int count = star < 0 ? 1 : entry.charAt(star + 1) - '0';
                for (int i = 0; i < count; i++) {
                    ALL[next++] = star < 0 ? entry : entry.substring(0, star);
                }
            }
        }
    }
}
