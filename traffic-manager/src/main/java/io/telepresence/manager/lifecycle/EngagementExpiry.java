package io.telepresence.manager.lifecycle;

import io.telepresence.engagement.EngagementState;
import io.telepresence.manager.engagement.EngagementRegistry;
import io.telepresence.manager.engagement.RegisteredEngagement;
import io.telepresence.manager.policy.EngagementPolicies;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends engagements that have lasted as long as a policy allows. What is restored after a restart of the manager begins
 * anew. One thread.
 */
public final class EngagementExpiry {
    private static final Logger LOG = LoggerFactory.getLogger(EngagementExpiry.class);

    private final EngagementRegistry engagements;
    private final EngagementPolicies policies;

    /** By id; of those that are there. */
    private final Map<String, Instant> begun = new HashMap<>();

    public EngagementExpiry(EngagementRegistry engagements, EngagementPolicies policies) {
        this.engagements = engagements;
        this.policies = policies;
    }

    /** @param now of a clock that nobody sets back */
    public void sweep(Instant now) {
        List<RegisteredEngagement> all = engagements.all().get();
        begun.keySet().retainAll(all.stream().map(RegisteredEngagement::id).collect(Collectors.toSet()));
        for (RegisteredEngagement engagement : all) {
            if (engagement.active() || engagement.state() == EngagementState.WAITING) {
                begun.putIfAbsent(engagement.id(), now);
                policies.term(engagement.workload())
                        .filter(term -> !now.isBefore(begun.get(engagement.id()).plus(term.most())))
                        .ifPresent(term -> expire(engagement, term));
            }
        }
    }

    private void expire(RegisteredEngagement engagement, EngagementPolicies.Term term) {
        LOG.info("the {} has {}", engagement.described(), term.ended());
        engagements.expel(engagement.id(), term.ended());
    }
}
