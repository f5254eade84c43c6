package io.telepresence.agent.report;

/** What forwarders tell of engagements, for {@code list} and {@code why}. Thread-safe, never blocks, never throws. */
public interface TrafficRecorder {
    /** Forgets everything. */
    TrafficRecorder NONE = new TrafficRecorder() {
        @Override
        public void delivered(String engagementId) {}

        @Override
        public void dropped(String engagementId) {}

        @Override
        public void failedOpen(String engagementId) {}

        @Override
        public void verdict(RequestVerdict verdict) {}
    };

    /** A connection or a request went to the laptop, or is being copied to it. Taps count themselves. */
    void delivered(String engagementId);

    /** A connection, request or datagram was not copied, or not to its end. Taps count themselves. */
    void dropped(String engagementId);

    /** A request matched, but the laptop did not answer, so the app got it. */
    void failedOpen(String engagementId);

    /** A request goes where its verdict says: whoever gets it has one more. */
    default void served(RequestVerdict verdict) {
        if (!verdict.engagementId().isEmpty()) {
            delivered(verdict.engagementId());
        }
        verdict(verdict);
    }

    /** One HTTP request was judged. */
    void verdict(RequestVerdict verdict);
}
