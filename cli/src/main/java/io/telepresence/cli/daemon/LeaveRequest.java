package io.telepresence.cli.daemon;

/** Which engagement is meant; {@code container} and {@code namespace} may be empty. */
public record LeaveRequest(String name, String container, String namespace) {
    /** By its exact name. */
    public static LeaveRequest of(ClientEngagement engagement) {
        return new LeaveRequest(engagement.name(), "", "");
    }
}
