package io.telepresence.agent.http2;

/**
 * How much a peer may send before we have passed on what it sent: the bound of what waits here.
 *
 * @param stream bytes of one stream
 * @param connection bytes of all streams together; so many that some stalled streams do not hold up the others
 */
record FlowControlWindows(int stream, int connection) {
    /** Callers and the app are near: more would not make them faster. */
    static final FlowControlWindows NEAR = new FlowControlWindows(128 << 10, 2 << 20);

    /** A laptop may be 100 ms away. */
    static final FlowControlWindows FAR = new FlowControlWindows(512 << 10, 2 << 20);
}
