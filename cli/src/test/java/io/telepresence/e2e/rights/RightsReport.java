package io.telepresence.e2e.rights;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** What the traffic-managers of some clusters did, against what the chart grants. */
final class RightsReport {
    private final Set<Grant> chart;
    private final KnownRights known;
    private final Set<Grant> unused;
    /** By what is said of them: when the first was. */
    private final Map<String, Instant> refusals = new LinkedHashMap<>();

    private final Map<String, Integer> away = new LinkedHashMap<>();
    private int calls;

    RightsReport(Set<Grant> chart, KnownRights known) {
        this.chart = chart;
        this.known = known;
        this.unused = new TreeSet<>(chart);
    }

    /** One more cluster. */
    void add(NotedCalls log) {
        RightsHistory history = new RightsHistory();
        List<RightsChange> changes = log.changes();
        int next = 0;
        for (Call call : log.calls()) {
            while (next < changes.size() && !changes.get(next).at().isAfter(call.at())) {
                history.changed(changes.get(next++));
            }
            add(call, history.judges(call));
        }
        calls += log.calls().size();
    }

    private void add(Call call, boolean judged) {
        if (!call.refused()) {
            unused.removeIf(grant -> grant.allows(call));
            return;
        }
        boolean granted = chart.stream().anyMatch(grant -> grant.covers(call));
        if (known.refused(call)) {
            away.merge(call.described(), 1, Integer::sum);
        } else if (!granted) {
            refusals.putIfAbsent(call.described() + ", which no rule of the chart grants", call.at());
        } else if (judged) {
            refusals.putIfAbsent(
                    call.described() + ", to the traffic-manager of namespace " + call.from()
                            + ", which had all that its chart grants",
                    call.at());
        } else {
            away.merge(call.described(), 1, Integer::sum);
        }
    }

    /**
     * What is wrong; empty: nothing.
     *
     * @param whole all tests ran to their end, so that a rule that was not used is not needed
     */
    List<String> faults(boolean whole) {
        List<String> faults = new ArrayList<>();
        refusals.forEach((what, first) -> faults.add("refused: " + what + "; first at " + first));
        if (whole) {
            unknown().forEach(grant -> faults.add("never used: " + grant + ", and the list of those does not say why"));
        }
        return faults;
    }

    private List<Grant> unknown() {
        return unused.stream().filter(grant -> !known.unused(grant)).toList();
    }

    /** What was not used, why that is known, and which refusals were no fault. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        unused.forEach(grant -> lines.add("never used: " + grant + known.reason(grant)));
        known.unused().keySet().stream()
                .filter(line -> chart.stream().filter(line::covers).noneMatch(unused::contains))
                .forEach(line -> lines.add("listed as never used, but used: " + line));
        away.forEach((call, times) -> lines.add("refused while rights were away: " + call + " (" + times + " times)"));
        lines.addAll(faults(false));
        return lines;
    }

    String summary() {
        int refused = away.values().stream().mapToInt(n -> n).sum();
        return "Rights: " + calls + " calls used " + (chart.size() - unused.size()) + " of the chart's " + chart.size()
                + " rights; " + unknown().size() + " of the others have no known reason. " + refused
                + " calls were refused while rights were away, " + refusals.size() + " at other times";
    }
}
