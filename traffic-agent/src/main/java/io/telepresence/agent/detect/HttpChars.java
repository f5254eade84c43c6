package io.telepresence.agent.detect;

/** Classes of bytes in a head (RFC 9110, section 5.6). */
public final class HttpChars {
    private static final boolean[] TOKEN = new boolean[128];

    static {
        for (int c = 0; c < TOKEN.length; c++) {
            TOKEN[c] = Character.isLetterOrDigit(c) || "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
        }
    }

    private HttpChars() {}

    public static boolean isToken(byte b) {
        return b >= 0 && TOKEN[b];
    }

    public static boolean isSpace(byte b) {
        return b == ' ' || b == '\t';
    }

    public static int lower(byte b) {
        return b >= 'A' && b <= 'Z' ? b | 0x20 : b;
    }

    public static boolean sameIgnoringCase(byte[] bytes, int from, byte[] lowerCase) {
        for (int i = 0; i < lowerCase.length; i++) {
            if (lower(bytes[from + i]) != lowerCase[i]) {
                return false;
            }
        }
        return true;
    }
}
