package io.telepresence.base;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;

/** Elements of ASN.1 in DER (X.690): tag, length, content. Tags of one byte only. */
final class Der {
    static final int BITS = 3;
    static final int OCTETS = 4;
    static final int UTF8 = 0x0c;
    static final int SEQUENCE = 0x30;
    static final int SET = 0x31;
    /** {@code [0]}, constructed. */
    static final int CONTEXT_0 = 0xa0;

    /** The INTEGER 0. */
    static final byte[] ZERO = {2, 1, 0};

    private Der() {}

    /** An element of these contents. */
    static byte[] element(int tag, byte[]... contents) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] content : contents) {
            all.writeBytes(content);
        }
        ByteArrayOutputStream element = new ByteArrayOutputStream();
        element.write(tag);
        if (all.size() < 0x80) {
            element.write(all.size());
        } else {
            byte[] length = BigInteger.valueOf(all.size()).toByteArray();
            int from = length[0] == 0 ? 1 : 0;
            element.write(0x80 | length.length - from);
            element.write(length, from, length.length - from);
        }
        element.writeBytes(all.toByteArray());
        return element.toByteArray();
    }

    /** Where the content of the element at {@code at} begins. Throws where the bytes end too soon. */
    static int content(byte[] der, int at) {
        int first = der[at + 1] & 0xff;
        return at + 2 + (first < 0x80 ? 0 : first & 0x7f);
    }

    /** The length of that content; may be nonsense. Throws where the bytes end too soon. */
    static int length(byte[] der, int at) {
        int first = der[at + 1] & 0xff;
        if (first < 0x80) {
            return first;
        }
        int length = 0;
        for (int i = 0; i < (first & 0x7f); i++) {
            length = length << 8 | der[at + 2 + i] & 0xff;
        }
        return length;
    }
}
