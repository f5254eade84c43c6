package io.telepresence.cli.env;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;

/**
 * Values of variables as text that keeps every byte: UTF-8, and a byte that is none stands as the lone surrogate U+DC80
 * plus the byte less 0x80, as in Python (PEP 383). No valid UTF-8 has lone surrogates, so both ways lead back.
 */
public final class EnvBytes {
    private static final int ESCAPE = 0xdc00;

    private EnvBytes() {}

    public static String text(byte[] value) {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer in = ByteBuffer.wrap(value);
        CharBuffer out = CharBuffer.allocate(value.length);
        for (CoderResult result = decoder.decode(in, out, true);
                result.isError();
                result = decoder.decode(in, out, true)) {
            for (int i = 0; i < result.length(); i++) {
                out.put((char) (ESCAPE + (in.get() & 0xff)));
            }
            decoder.reset();
        }
        return out.flip().toString();
    }

    /** The bytes of such a text, or of any. */
    public static byte[] bytes(String text) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(text.length());
        int from = 0;
        for (int i = 0; i < text.length(); i++) {
            if (escaped(text, i)) {
                out.writeBytes(text.substring(from, i).getBytes(StandardCharsets.UTF_8));
                out.write(text.charAt(i) - ESCAPE);
                from = i + 1;
            }
        }
        out.writeBytes(text.substring(from).getBytes(StandardCharsets.UTF_8));
        return out.toByteArray();
    }

    /** Whether it is UTF-8 throughout. */
    public static boolean isText(String value) {
        for (int i = 0; i < value.length(); i++) {
            if (escaped(value, i)) {
                return false;
            }
        }
        return true;
    }

    /** For where only text can stand: a byte that is none becomes U+FFFD. */
    public static String shown(String value) {
        return isText(value) ? value : new String(bytes(value), StandardCharsets.UTF_8);
    }

    private static boolean escaped(String text, int at) {
        char c = text.charAt(at);
        return c >= ESCAPE + 0x80 && c <= ESCAPE + 0xff && (at == 0 || !Character.isHighSurrogate(text.charAt(at - 1)));
    }
}
