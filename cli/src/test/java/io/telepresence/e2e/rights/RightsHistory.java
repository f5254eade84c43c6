package io.telepresence.e2e.rights;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Whether a traffic-manager of one cluster had the rights that its chart gives it, at the time of a call: a test may have
 * taken some away, Helm removes them before the manager has ended, and the API server learns of them a moment later.
 * Is told all changes and calls in the order of their time.
 */
final class RightsHistory {
    /** Until the API server goes by what was written. */
    static final Duration LEARNS = Duration.ofSeconds(10);

    private final Map<String, Manager> managers = new HashMap<>();
    private final Map<String, Instant> pods = new HashMap<>();
    private final Set<String> emptied = new HashSet<>();

    /** Of one namespace. */
    private static final class Manager {
        private final Set<String> spoiled = new HashSet<>();
        private Instant changed = Instant.MIN;
        private boolean installed;
    }

    void changed(RightsChange change) {
        if (change.name().isEmpty()) {
            emptied.add(change.namespace());
            return;
        }
        String from = managerOf(change);
        if (from.isEmpty()) {
            return;
        }
        Manager manager = managers.computeIfAbsent(from, _ -> new Manager());
        manager.changed = change.at();
        if (change.byHelm() && !change.deleted()) {
            emptied.remove(change.namespace());
            manager.spoiled.remove(change.object());
            manager.installed = true;
        } else if (change.byHelm()
                && change.kind().startsWith("role")
                && !change.namespace().equals(from)) {
            // A namespace is no longer managed.
            manager.spoiled.remove(change.object());
        } else {
            manager.spoiled.add(change.object());
        }
    }

    /** Empty: it is no object of a manager. */
    private static String managerOf(RightsChange change) {
        String name = change.name();
        if (name.equals("traffic-manager")) {
            return change.namespace();
        }
        return name.startsWith("traffic-manager-") && !name.startsWith("traffic-manager-uninstall")
                ? name.substring("traffic-manager-".length())
                : "";
    }

    /** Whether it must have been allowed, if the chart is right. */
    boolean judges(Call call) {
        Instant first = pods.computeIfAbsent(call.from() + "/" + call.pod(), _ -> call.at());
        Manager manager = managers.get(call.from());
        return manager != null
                && manager.installed
                && manager.spoiled.isEmpty()
                && List.of(call.from(), call.namespace()).stream().noneMatch(emptied::contains)
                // One that runs since before an upgrade has the settings of before.
                && first.isAfter(manager.changed)
                && call.at().isAfter(manager.changed.plus(LEARNS));
    }
}
