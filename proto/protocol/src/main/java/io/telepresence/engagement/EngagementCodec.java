package io.telepresence.engagement;

import java.util.Optional;

/** Engagements from and to the wire. Pure. */
public final class EngagementCodec {
    private EngagementCodec() {}

    /** Empty: none that this version knows. */
    public static Optional<EngagementKind> kind(io.telepresence.rpc.engagement.EngagementKind wire) {
        return switch (wire) {
            case INTERCEPT -> Optional.of(EngagementKind.INTERCEPT);
            case REPLACE -> Optional.of(EngagementKind.REPLACE);
            case WIRETAP -> Optional.of(EngagementKind.WIRETAP);
            case INGEST -> Optional.of(EngagementKind.INGEST);
            case KIND_UNSPECIFIED, UNRECOGNIZED -> Optional.empty();
        };
    }

    public static io.telepresence.rpc.engagement.EngagementKind toWire(EngagementKind kind) {
        return switch (kind) {
            case INTERCEPT -> io.telepresence.rpc.engagement.EngagementKind.INTERCEPT;
            case REPLACE -> io.telepresence.rpc.engagement.EngagementKind.REPLACE;
            case WIRETAP -> io.telepresence.rpc.engagement.EngagementKind.WIRETAP;
            case INGEST -> io.telepresence.rpc.engagement.EngagementKind.INGEST;
        };
    }
}
