package io.telepresence.cli.grpc;

/** What we may still send (RFC 9113, section 5.2): the smaller of the connection's window and the stream's. */
final class Sending {
    private int initial = 65535;
    private long connection = initial;
    private long stream = initial;

    int room() {
        return (int) Math.max(0, Math.min(Integer.MAX_VALUE, Math.min(connection, stream)));
    }

    void sent(int bytes) {
        connection -= bytes;
        stream -= bytes;
    }

    void granted(int streamId, int bytes) {
        if (streamId == 0) {
            connection += bytes;
        } else {
            stream += bytes;
        }
    }

    /** The peer's SETTINGS_INITIAL_WINDOW_SIZE changes the window of the open stream too. */
    void initialWindow(int bytes) {
        stream += bytes - initial;
        initial = bytes;
    }
}
