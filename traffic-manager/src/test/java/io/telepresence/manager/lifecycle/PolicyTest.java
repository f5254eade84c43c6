package io.telepresence.manager.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.engagement.EngagementState;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.engagement.RegisteredEngagement;
import io.telepresence.manager.engagement.Specs;
import io.telepresence.manager.policy.EngagementPolicies;
import io.telepresence.manager.policy.EngagementPolicy;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.sidecar.VolumeRules;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Engagements under policies. */
@Timeout(20)
class PolicyTest {
    private static final WorkloadRef ECHO = new WorkloadRef("Deployment", "default", "echo");
    private static final EngagementSpec INTERCEPT = Specs.of(EngagementKind.INTERCEPT, "echo", "");
    private static final EngagementSpec WIRETAP = Specs.of(EngagementKind.WIRETAP, "echo", "");
    private static final CreateEngagement.Before WORKED = new CreateEngagement.Before("", "10.244.0.5", "");
    private static final String REFUSED =
            "policy \"prod\" forbids an intercept of Deployment echo.default, whose traffic may only be copied";

    private final CreateEngagementBench bench = new CreateEngagementBench();
    private final List<String> ended = new ArrayList<>();
    private ClientSession ann;

    @BeforeEach
    void arrive() {
        bench.engagements.whenEnded(ended::add);
        ann = bench.sessions
                .arrive(new ClientSession.Client("ann", "ann", "default", ""), "")
                .session();
    }

    @AfterEach
    void close() throws Exception {
        bench.close();
    }

    private EngagementPolicies policies(boolean wiretapOnly, Duration most) {
        return new EngagementPolicies(
                bench.workloads,
                true,
                List.of(new EngagementPolicy(
                        "prod",
                        Set.of("default"),
                        null,
                        new EngagementPolicy.Rules(false, false, wiretapOnly, "", VolumeRules.Limits.NONE, most))));
    }

    @Test
    void whatIsForbiddenTouchesNoPod() throws Exception {
        bench.installer.action = () -> {
            throw new AssertionError("pods were touched");
        };
        CreateEngagement careful = bench.under(policies(true, Duration.ZERO));
        FaultException refused = assertThrows(
                FaultException.class, () -> careful.engage(ann, INTERCEPT, Duration.ofSeconds(5), new Quiet()));
        assertEquals(REFUSED, refused.fault().text());
        assertEquals(List.of(), bench.engagements.all().get());
        assertFalse(bench.sidecars.desired(ECHO));
    }

    @Test
    void whatIsForbiddenMeanwhileComesBackRemoved() throws Exception {
        bench.under(policies(true, Duration.ZERO)).restore(ann, INTERCEPT, WORKED);
        RegisteredEngagement back = bench.engagements.find(ann, "echo").orElseThrow();
        assertEquals(EngagementState.REMOVED, back.state());
        assertEquals(REFUSED, back.message());
        assertFalse(bench.sidecars.desired(ECHO));
    }

    @Test
    void whatIsAllowedComesBack() throws Exception {
        bench.under(policies(true, Duration.ZERO)).restore(ann, WIRETAP, WORKED);
        assertTrue(bench.engagements.find(ann, "echo").orElseThrow().active());
    }

    @Test
    void anEngagementEndsWhenItsTimeIsOver() throws Exception {
        EngagementPolicies policies = policies(false, Duration.ofHours(2));
        EngagementExpiry expiry = new EngagementExpiry(bench.engagements, policies);
        bench.under(policies).restore(ann, INTERCEPT, WORKED);
        String id = bench.engagements.find(ann, "echo").orElseThrow().id();
        expiry.sweep(bench.time.instant());
        bench.time.advance(Duration.ofHours(2).minusSeconds(1));
        expiry.sweep(bench.time.instant());
        assertTrue(bench.engagements.find(id).orElseThrow().active());
        assertEquals(List.of(), ended);
        bench.time.advance(Duration.ofSeconds(1));
        expiry.sweep(bench.time.instant());
        RegisteredEngagement over = bench.engagements.find(id).orElseThrow();
        assertEquals(EngagementState.REMOVED, over.state());
        assertEquals("expired: policy \"prod\" ends it after 2h", over.message());
        assertEquals(List.of(id), ended);
        expiry.sweep(bench.time.instant());
        assertEquals(List.of(id), ended, "it ends once");
    }

    /** Its time is its own, not that of one that was there before it. */
    @Test
    void theNextOneHasItsTime() throws Exception {
        EngagementPolicies policies = policies(false, Duration.ofHours(2));
        EngagementExpiry expiry = new EngagementExpiry(bench.engagements, policies);
        bench.under(policies).restore(ann, INTERCEPT, WORKED);
        String id = bench.engagements.find(ann, "echo").orElseThrow().id();
        expiry.sweep(bench.time.instant());
        bench.time.advance(Duration.ofHours(1));
        bench.engagements.remove(id);
        expiry.sweep(bench.time.instant());
        bench.under(policies).restore(ann, INTERCEPT, new CreateEngagement.Before(id, "10.244.0.5", ""));
        expiry.sweep(bench.time.instant());
        bench.time.advance(Duration.ofHours(1));
        expiry.sweep(bench.time.instant());
        assertTrue(bench.engagements.find(id).orElseThrow().active());
    }

    @Test
    void withoutALimitNothingEnds() throws Exception {
        EngagementExpiry expiry = new EngagementExpiry(bench.engagements, policies(false, Duration.ZERO));
        bench.createEngagement.restore(ann, INTERCEPT, WORKED);
        expiry.sweep(bench.time.instant());
        bench.time.advance(Duration.ofDays(1000));
        expiry.sweep(bench.time.instant());
        assertTrue(bench.engagements.find(ann, "echo").orElseThrow().active());
    }

    private record Quiet() implements CreateEngagement.Progress {
        @Override
        public void waiting(String sentence) {}

        @Override
        public void reserved(RegisteredEngagement engagement) {}
    }
}
