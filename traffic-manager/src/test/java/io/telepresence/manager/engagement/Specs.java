package io.telepresence.manager.engagement;

import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.EngagementOptions;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.engagement.PortRequest;
import java.util.List;

/** What users ask for, in the namespace {@code default}. */
public final class Specs {
    private Specs() {}

    /** Called after its workload. */
    public static EngagementSpec of(EngagementKind kind, String workload, String container, PortRequest... ports) {
        List<PortRequest> requests = List.of(ports);
        EngagementOptions none = EngagementOptions.NONE;
        return new EngagementSpec(kind, workload, "default", workload, "", "", container, "", requests, none);
    }

    public static PortRequest port(int local, String identifier) {
        return new PortRequest(local, identifier);
    }
}
