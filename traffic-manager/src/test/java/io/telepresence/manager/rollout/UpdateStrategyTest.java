package io.telepresence.manager.rollout;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.apps.DeploymentSpec;
import io.fabric8.kubernetes.api.model.apps.DeploymentSpecBuilder;
import org.junit.jupiter.api.Test;

/** The numbers are those of the Deployment's controller. */
class UpdateStrategyTest {
    private static void allows(int surge, int away, DeploymentSpec spec, int desired) {
        UpdateStrategy strategy = UpdateStrategy.of(spec, desired);
        assertEquals(surge, strategy.surge(), strategy::said);
        assertEquals(away, strategy.away(), strategy::said);
    }

    private static DeploymentSpec rolling(Object surge, Object unavailable) {
        return new DeploymentSpecBuilder()
                .withNewStrategy()
                .withType("RollingUpdate")
                .withNewRollingUpdate()
                .withMaxSurge(new IntOrString(surge))
                .withMaxUnavailable(new IntOrString(unavailable))
                .endRollingUpdate()
                .endStrategy()
                .build();
    }

    @Test
    void whatNobodyHasWrittenIsAQuarter() {
        allows(1, 0, new DeploymentSpec(), 1);
        allows(2, 1, new DeploymentSpec(), 5);
        allows(10, 25, new DeploymentSpec(), 100);
    }

    @Test
    void surgeIsRoundedUpAndWhatMayBeAwayDown() {
        allows(1, 0, rolling("1%", "50%"), 1);
        allows(2, 1, rolling("34%", "34%"), 5);
        allows(3, 0, rolling(3, 0), 2);
    }

    @Test
    void withoutSurgeOneMayBeAway() {
        allows(0, 1, rolling(0, 1), 3);
        allows(0, 1, rolling("0%", "25%"), 1);
        allows(0, 2, rolling("0%", 2), 3);
    }

    @Test
    void recreateLetsAllBeAwayAndNoneBeBeside() {
        DeploymentSpec recreate = new DeploymentSpecBuilder()
                .withNewStrategy()
                .withType("Recreate")
                .endStrategy()
                .build();
        allows(0, 3, recreate, 3);
    }
}
