package io.telepresence.engagement;

/**
 * What agents have done for one engagement.
 *
 * @param delivered connections (raw) or requests (HTTP) that went to the client, or began to be copied to it; for a wiretap
 *     of a UDP port, datagrams
 * @param dropped of a wiretap only: what was not copied, or not to its end, because the client was slow or away
 * @param failedOpen requests that matched but went to the application, because the client did not answer
 */
public record TrafficCount(long delivered, long dropped, long failedOpen) {
    public static final TrafficCount NONE = new TrafficCount(0, 0, 0);

    public TrafficCount plus(TrafficCount other) {
        return new TrafficCount(delivered + other.delivered, dropped + other.dropped, failedOpen + other.failedOpen);
    }

    /** Something in it is less: what counts has begun again. */
    public boolean before(TrafficCount other) {
        return delivered < other.delivered || dropped < other.dropped || failedOpen < other.failedOpen;
    }
}
