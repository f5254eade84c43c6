package io.telepresence.cli.grpc;

import java.io.ByteArrayOutputStream;

/** Decodes HPACK's Huffman code (RFC 7541, appendix B). The code is canonical, so its lengths say everything. */
final class Huffman {
    private static final int SHORTEST = 5;
    private static final int LONGEST = 30;
    private static final int END = 256;

    /** Code length of symbol i is {@code LENGTHS.charAt(i) - 'A' + SHORTEST}. */
    private static final String LENGTHS = "ISXXXXXXXTZXXZXXXXXXXXZXXXXXXXXXBFFHIBDGFFDGDBBBAAABBBBBBBCDKBHF"
            + "IBCCCCCCCCCCCCCCCCCCCCCCDCDIOIJBKABABABBBACCBBBABCBAABCCCCCKGJIX"
            + "PRPPRRRSRSSSSSTSTTRSTSSSSQRSRSSTRQPRRSSQSRRTQRSSQQRQSRSSPRRRSRRS"
            + "VVPORSRUVVVWWVTUOQVWWVWTQQVVXWWWPTPQRQQSRRUUTTVSVWVVWWWWWXWWWWWVZ";

    /** Symbols in the order of their codes, and where those of each length begin. */
    private static final int[] SYMBOLS = new int[END + 1];

    private static final int[] FIRST_CODE = new int[LONGEST + 2];
    private static final int[] FIRST_INDEX = new int[LONGEST + 2];

    static {
        int code = 0;
        int index = 0;
        for (int length = SHORTEST; length <= LONGEST; length++) {
            FIRST_CODE[length] = code;
            FIRST_INDEX[length] = index;
            for (int symbol = 0; symbol <= END; symbol++) {
                if (LENGTHS.charAt(symbol) - 'A' + SHORTEST == length) {
                    SYMBOLS[index++] = symbol;
                    code++;
                }
            }
            code <<= 1;
        }
        FIRST_INDEX[LONGEST + 1] = index;
    }

    private Huffman() {}

    /** The decoded bytes; {@code null} if they are not valid. */
    static byte[] decode(byte[] coded, int from, int length) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(length * 2);
        int code = 0;
        int bits = 0;
        for (int i = from; i < from + length; i++) {
            for (int bit = 7; bit >= 0; bit--) {
                code = code << 1 | coded[i] >> bit & 1;
                bits++;
                if (bits > LONGEST) {
                    return null;
                }
                int symbol = symbol(code, bits);
                if (symbol == END) {
                    return null;
                }
                if (symbol >= 0) {
                    out.write(symbol);
                    code = 0;
                    bits = 0;
                }
            }
        }
        boolean padding = bits < 8 && code == (1 << bits) - 1;
        return padding ? out.toByteArray() : null;
    }

    private static int symbol(int code, int bits) {
        if (bits < SHORTEST) {
            return -1;
        }
        int offset = code - FIRST_CODE[bits];
        int count = FIRST_INDEX[bits + 1] - FIRST_INDEX[bits];
        return offset >= 0 && offset < count ? SYMBOLS[FIRST_INDEX[bits] + offset] : -1;
    }
}
