package io.telepresence.cli.grpc;

/**
 * One HTTP/2 frame as read (RFC 9113, section 4.1). Types and flags are the protocol's own numbers: an unknown type is a
 * frame that is skipped.
 */
record Frame(int type, int flags, int stream, byte[] payload) {
    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int PING = 6;
    static final int GOAWAY = 7;
    static final int WINDOW_UPDATE = 8;
    static final int CONTINUATION = 9;

    static final int END_STREAM = 0x1;
    static final int ACK = 0x1;
    static final int END_HEADERS = 0x4;
    static final int PADDED = 0x8;
    static final int PRIORITY = 0x20;

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    int number(int at) {
        return (payload[at] & 0xff) << 24
                | (payload[at + 1] & 0xff) << 16
                | (payload[at + 2] & 0xff) << 8
                | payload[at + 3] & 0xff;
    }
}
