package io.telepresence.manager.rights;

import java.util.List;
import java.util.stream.Stream;

/**
 * The table: what users do, and the rights of which one is enough. What happens inside pods (mounts, views, {@code --to-pod})
 * belongs to an engagement and needs nothing besides; whose engagement ends loses it.
 */
enum Deed {
    CONNECT(List.of(Right.CONNECT), Right.FORWARDING),
    /** Intercept, replace, wiretap: who may enter the containers can do all that by hand. */
    ATTACH(List.of(Right.ATTACH), List.of(Right.EXEC)),
    /** Environment and files, no traffic. */
    INGEST(List.of(Right.READ_ATTACHED), List.of(Right.EXEC)),
    /** Whoever may have an agent brought into pods may have it taken out: both replace the pods. */
    UNINSTALL(List.of(Right.ATTACH), List.of(Right.EXEC)),
    /** It shows what is in a workload's pod template, as an ingest does. */
    GENERATE_YAML(List.of(Right.READ_ATTACHED), List.of(Right.EXEC)),
    READ_LOGS(List.of(Right.LOGS), List.of(Right.POD_LOGS)),
    READ_YAML(List.of(Right.LOGS_YAML), List.of(Right.GET_PODS)),
    /**
     * The level of the manager and of all agents is everybody's: their logs say more of everybody's traffic, and cost more. So
     * it is for who may change the manager's ConfigMap, as {@code revoke} is.
     */
    SET_LEVELS(List.of(Right.CHANGE_MANAGER), List.of()) {
        @Override
        List<Right> enough(RequiredGrant grant) {
            return super.enough(grant == RequiredGrant.ANY ? RequiredGrant.TELEPRESENCE : grant);
        }
    },
    /** Lists, and {@code why}: who sees the pods sees what is engaged. A right on single workloads by name does not count. */
    SEE(List.of(Right.LIST_PODS, Right.ATTACH, Right.READ_ATTACHED), List.of(Right.EXEC));

    private final List<Right> ours;
    private final List<Right> withoutUs;

    /** @param withoutUs who has one of these gains nothing by us */
    Deed(List<Right> ours, List<Right> withoutUs) {
        this.ours = ours;
        this.withoutUs = withoutUs;
    }

    /** One of them must be granted. */
    List<Right> enough(RequiredGrant grant) {
        return switch (grant) {
            case EXEC -> both(ours, withoutUs);
            case TELEPRESENCE -> ours;
            case ANY -> both(ours, this == CONNECT ? Right.FORWARDING : List.of(Right.FORWARD));
            case PORTFORWARD -> Right.FORWARDING;
        };
    }

    private static List<Right> both(List<Right> some, List<Right> more) {
        return Stream.concat(some.stream(), more.stream()).toList();
    }
}
