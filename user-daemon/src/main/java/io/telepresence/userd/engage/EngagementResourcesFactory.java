package io.telepresence.userd.engage;

import io.telepresence.engagement.EngagementSpec;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.connector.MountRequest;
import io.telepresence.userd.mount.Mounts;
import io.telepresence.userd.podaccess.PodAccessBroker;
import io.telepresence.userd.podaccess.PodPortForwards;
import java.time.Duration;

/**
 * Makes what a laptop has of its engagements.
 *
 * @param apiPort of the REST API on this laptop; zero: there is none
 */
public record EngagementResourcesFactory(PodAccessBroker podAccess, Mounts mounts, int apiPort) {
    static final Duration VIEW_LIMIT = Duration.ofSeconds(5);
    static final String REMOTE_ROOT = "/tel_app_mounts";

    /** Takes ports and mount point before the engagement begins; a fault takes nothing. */
    EngagementResources prepare(EngagementSpec spec, MountRequest request) throws FaultException {
        boolean readOnly = request.getReadOnly() || !spec.kind().writesFiles();
        PodPortForwards forwards = PodPortForwards.bind(
                podAccess,
                new PodPortForwards.Spec(
                        spec.options().toPod(), request.getLocalMountPort(), readOnly, request.getHandlerHost()));
        try {
            return new EngagementResources(this, forwards, mounts.prepare(request, readOnly));
        } catch (FaultException e) {
            forwards.close();
            throw e;
        }
    }
}
