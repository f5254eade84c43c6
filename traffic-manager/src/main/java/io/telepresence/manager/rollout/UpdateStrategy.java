package io.telepresence.manager.rollout;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.apps.DeploymentSpec;
import io.fabric8.kubernetes.api.model.apps.RollingUpdateDeployment;

/**
 * How many pods a workload's own update strategy lets come and go at a time. Pure.
 *
 * @param surge how many may be there beside the wished ones; zero: none, pods are replaced in place
 * @param away how many of the wished ones may be missing
 * @param said how its author has written it, for messages
 */
record UpdateStrategy(int surge, int away, String said) {
    /** How the Deployment's API names the strategy under which no new pod begins before the old ones have ended. */
    private static final String RECREATE = "Recreate";

    private static final int MOST_TOGETHER = 10;
    private static final int PERCENT = 100;

    /** Whether an old pod must have ended before the one in its place begins. */
    boolean recreates() {
        return said.equals(RECREATE);
    }

    /** Of one that has none: two at a time, or a quarter of the workload if that is more. */
    static UpdateStrategy ofReplicaSet(int desired) {
        return new UpdateStrategy(
                Math.clamp(desired / 4, 2, MOST_TOGETHER), Math.max(1, desired), "a ReplicaSet has none");
    }

    /** Pods have names, so none can be beside another of its name. */
    static UpdateStrategy ofStatefulSet(int desired) {
        return new UpdateStrategy(0, Math.max(1, desired), "one after the other");
    }

    /** As the Deployment's controller counts: surge is rounded up, what may be missing down, and one of them is not zero. */
    static UpdateStrategy of(DeploymentSpec spec, int desired) {
        if (spec.getStrategy() != null && RECREATE.equals(spec.getStrategy().getType())) {
            return new UpdateStrategy(0, Math.max(1, desired), RECREATE);
        }
        RollingUpdateDeployment rolling =
                spec.getStrategy() == null ? null : spec.getStrategy().getRollingUpdate();
        IntOrString maxSurge = rolling == null ? null : rolling.getMaxSurge();
        IntOrString maxUnavailable = rolling == null ? null : rolling.getMaxUnavailable();
        int surge = count(maxSurge, desired, PERCENT - 1);
        int away = count(maxUnavailable, desired, 0);
        if (surge == 0 && away == 0) {
            away = 1;
        }
        String said = "maxSurge " + text(maxSurge) + ", maxUnavailable " + text(maxUnavailable);
        return new UpdateStrategy(Math.min(surge, MOST_TOGETHER), away, said);
    }

    /** @param rounding added before the division by a hundred */
    private static int count(IntOrString value, int desired, int rounding) {
        if (value != null && value.getIntVal() != null) {
            return value.getIntVal();
        }
        int percent = Integer.parseInt(text(value).replace("%", "").strip());
        return Math.toIntExact(((long) percent * desired + rounding) / PERCENT);
    }

    private static String text(IntOrString value) {
        if (value == null) {
            return "25%";
        }
        return value.getIntVal() == null ? value.getStrVal() : value.getIntVal().toString();
    }
}
