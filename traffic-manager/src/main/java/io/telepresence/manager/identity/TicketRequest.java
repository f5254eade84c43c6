package io.telepresence.manager.identity;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/**
 * What a ticket's certificate request (PKCS#10) says. It is from outside: who made it could write anything into it.
 *
 * @param publicKey SubjectPublicKeyInfo
 * @param commonName of the subject
 * @param unit the subject's organizational unit
 */
record TicketRequest(byte[] publicKey, String commonName, String unit) {
    /** Of a request in PEM and base64; ours have about 700. */
    static final int MOST_CHARACTERS = 8192;

    private static final String BEGIN = "-----BEGIN CERTIFICATE REQUEST-----";
    private static final String END = "-----END CERTIFICATE REQUEST-----";
    private static final int MOST_ATTRIBUTES = 8;
    private static final byte[] COMMON_NAME = {0x55, 0x04, 0x03};
    private static final byte[] UNIT = {0x55, 0x04, 0x0b};

    /**
     * @param request as in {@code spec.request}: PEM in base64
     * @throws IllegalArgumentException it is no request, or has not one common name and one unit
     */
    static TicketRequest parse(String request) {
        if (request == null || request.length() > MOST_CHARACTERS) {
            throw new IllegalArgumentException("no request, or too long a one");
        }
        String pem = new String(Base64.getDecoder().decode(request), StandardCharsets.US_ASCII).strip();
        if (!pem.startsWith(BEGIN) || !pem.endsWith(END) || pem.length() < BEGIN.length() + END.length()) {
            throw new IllegalArgumentException("the request is not in PEM");
        }
        String body = pem.substring(BEGIN.length(), pem.length() - END.length());
        return read(Base64.getDecoder().decode(body.replaceAll("[\r\n]", "")));
    }

    private static TicketRequest read(byte[] der) {
        DerReader file = new DerReader(der);
        DerReader request = file.enter(DerReader.SEQUENCE);
        file.finish();
        DerReader info = request.enter(DerReader.SEQUENCE);
        request.enter(DerReader.SEQUENCE);
        request.enter(DerReader.BIT_STRING);
        request.finish();
        if (!Arrays.equals(info.enter(DerReader.INTEGER).rest(), new byte[1])) {
            throw new IllegalArgumentException("another version of requests");
        }
        DerReader subject = info.enter(DerReader.SEQUENCE);
        byte[] key = info.whole(DerReader.SEQUENCE);
        if (info.hasMore()) {
            info.enter(DerReader.ATTRIBUTES);
        }
        info.finish();
        return subject(subject, key);
    }

    private static TicketRequest subject(DerReader subject, byte[] key) {
        String name = null;
        String unit = null;
        for (int i = 0; subject.hasMore(); i++) {
            if (i == MOST_ATTRIBUTES) {
                throw new IllegalArgumentException("too long a subject");
            }
            DerReader set = subject.enter(DerReader.SET);
            DerReader attribute = set.enter(DerReader.SEQUENCE);
            set.finish();
            byte[] type = attribute.enter(DerReader.OID).rest();
            if (Arrays.equals(type, COMMON_NAME)) {
                name = once(name, text(attribute));
            } else if (Arrays.equals(type, UNIT)) {
                unit = once(unit, text(attribute));
            }
        }
        if (name == null || unit == null) {
            throw new IllegalArgumentException("the subject has no common name or no unit");
        }
        return new TicketRequest(key, name, unit);
    }

    private static String once(String before, String now) {
        if (before != null) {
            throw new IllegalArgumentException("the subject says something twice");
        }
        return now;
    }

    private static String text(DerReader attribute) {
        int kind = attribute.next();
        if (kind != DerReader.UTF8_STRING && kind != DerReader.PRINTABLE_STRING) {
            throw new IllegalArgumentException("the subject has another kind of text");
        }
        String text = new String(attribute.enter(kind).rest(), StandardCharsets.UTF_8);
        attribute.finish();
        return text;
    }
}
