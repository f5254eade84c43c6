package io.telepresence.cli.daemon;

/** Which engagement is meant; {@code container} and {@code namespace} may be empty. */
public record LeaveWish(String name, String container, String namespace) {
    /** By its exact name. */
    public static LeaveWish of(Engagement engagement) {
        return new LeaveWish(engagement.name(), "", "");
    }
}
