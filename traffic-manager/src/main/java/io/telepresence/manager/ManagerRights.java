package io.telepresence.manager;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.telepresence.manager.config.ManagerSettings;
import io.telepresence.manager.engagement.EngagementRegistry;
import io.telepresence.manager.rights.AccessReviews;
import io.telepresence.manager.rights.Rights;
import io.telepresence.manager.rights.RightsWatch;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.run.MonotonicTime;
import java.time.Duration;

/** What users may do, joined with the cluster's answers. */
final class ManagerRights {
    private ManagerRights() {}

    static Rights of(KubernetesClient client, ManagerSettings settings) {
        ManagerSettings.Pod pod = settings.pod();
        AccessReviews reviews = AccessReviews.with(client, MonotonicTime.start());
        return new Rights(reviews, settings.rules().requiredGrant(), new Rights.Home(pod.namespace(), pod.name()));
    }

    /** Takes from users what they may not do any more, until it is closed. */
    static AutoCloseable watch(SessionRegistry sessions, EngagementRegistry engagements, Rights rights) {
        RightsWatch watch = new RightsWatch(sessions, engagements, rights, MonotonicTime.start());
        return ManagerTimers.every("rights", Duration.ofSeconds(1), watch::tick);
    }
}
