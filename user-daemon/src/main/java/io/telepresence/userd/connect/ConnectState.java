package io.telepresence.userd.connect;

/**
 * <pre>
 * IDLE → CONNECTING → CONNECTED ⇄ RECONNECTING
 *   ↑________|____________|____________|   (failure, disconnect)
 * from each of them → CLOSED, which is final
 * </pre>
 */
enum ConnectState {
    IDLE,
    CONNECTING,
    CONNECTED,
    RECONNECTING,
    CLOSED;

    enum Event {
        CONNECT,
        UP,
        FAILED,
        LINK_LOST,
        LINK_BACK,
        DISCONNECT,
        QUIT
    }

    /** An event that means nothing in a state leaves it as it is. */
    static ConnectState next(ConnectState now, Event event) {
        if (now == CLOSED || event == Event.QUIT) {
            return CLOSED;
        }
        return switch (event) {
            case CONNECT -> now == IDLE ? CONNECTING : now;
            case UP -> now == CONNECTING ? CONNECTED : now;
            case FAILED -> now == CONNECTING ? IDLE : now;
            case LINK_LOST -> now == CONNECTED ? RECONNECTING : now;
            case LINK_BACK -> now == RECONNECTING ? CONNECTED : now;
            case DISCONNECT -> IDLE;
            case QUIT -> CLOSED;
        };
    }
}
