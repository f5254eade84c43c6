package io.telepresence.manager.inject;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceFieldSelector;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import java.util.Optional;

/** What the kubelet would tell a container about its own resources, for a container that is not in the pod. Pure. */
final class ResourceFields {
    private ResourceFields() {}

    /** Empty where the container does not say it: then it is a matter of the node. */
    static Optional<String> value(Container container, ResourceFieldSelector field) {
        String[] parts = field.getResource().split("\\.", 2);
        ResourceRequirements all = container.getResources();
        if (all == null || parts.length < 2) {
            return Optional.empty();
        }
        Map<String, Quantity> some = parts[0].equals("limits") ? all.getLimits() : all.getRequests();
        Quantity quantity = some == null ? null : some.get(parts[1]);
        return quantity == null ? Optional.empty() : Optional.of(divided(quantity, field.getDivisor()));
    }

    private static String divided(Quantity quantity, Quantity divisor) {
        BigDecimal by = divisor == null ? BigDecimal.ONE : divisor.getNumericalAmount();
        return quantity.getNumericalAmount()
                .divide(by.signum() == 0 ? BigDecimal.ONE : by, 0, RoundingMode.CEILING)
                .toPlainString();
    }
}
