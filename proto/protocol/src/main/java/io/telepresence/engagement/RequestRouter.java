package io.telepresence.engagement;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Decides which of the engagements of one port a request belongs to. The agent, {@code why} and both REST APIs ask this
 * class alone, so that they cannot differ. Of those that take traffic, the first in {@link HttpFilter#ORDER} that fits gets
 * the request; of equal ones the oldest. Each that copies traffic and fits gets a copy. Immutable.
 *
 * @param <E> what stands for an engagement
 */
public final class RequestRouter<E> {
    private final List<Rule<E>> takers;
    private final List<Rule<E>> mirrors;
    private final boolean needsHttp;

    /**
     * One engagement.
     *
     * @param kind one that has ports
     * @param filter {@link HttpFilter#ALL}: everything, what is no HTTP included
     */
    public record Rule<E>(E engagement, EngagementKind kind, HttpFilter filter) {
        public Rule {
            Objects.requireNonNull(engagement);
            Objects.requireNonNull(kind);
            Objects.requireNonNull(filter);
        }
    }

    /**
     * What is decided of one rule.
     *
     * @param mismatch why the request does not fit, as half a sentence; empty: it does
     * @param first the rule that is asked before this one and takes the request; empty: none
     */
    public record Verdict<E>(Rule<E> rule, String mismatch, Optional<Rule<E>> first) {
        /** The request, or a copy of it, goes to that engagement. */
        public boolean takes() {
            return mismatch.isEmpty() && first.isEmpty();
        }
    }

    /** @param rules the oldest first; those of a kind without ports do not count */
    public RequestRouter(List<Rule<E>> rules) {
        this.takers = rules.stream()
                .filter(r -> r.kind().takesTraffic())
                .sorted(Comparator.comparing(Rule::filter, HttpFilter.ORDER))
                .toList();
        this.mirrors = rules.stream().filter(r -> r.kind().copiesTraffic()).toList();
        this.needsHttp = filtered(takers) || filtered(mirrors);
    }

    /** In the order in which they are asked. */
    public List<Rule<E>> takers() {
        return takers;
    }

    /** The oldest first. */
    public List<Rule<E>> mirrors() {
        return mirrors;
    }

    public boolean isEmpty() {
        return takers.isEmpty() && mirrors.isEmpty();
    }

    /** Somebody wants only some of the requests, so connections must be read as HTTP. */
    public boolean needsHttp() {
        return needsHttp;
    }

    /** Who takes a request; empty: the application does. */
    public Optional<Rule<E>> taker(HttpHead request) {
        return first(takers, fits(request));
    }

    /** Who takes a connection or datagram that is not read as HTTP: only what takes everything counts. */
    public Optional<Rule<E>> rawTaker() {
        return first(takers, HttpFilter::takesEverything);
    }

    /** Who gets a copy of a request. */
    public List<Rule<E>> mirrors(HttpHead request) {
        return all(mirrors, fits(request));
    }

    /** Who gets a copy of what is not read as HTTP. */
    public List<Rule<E>> rawMirrors() {
        return all(mirrors, HttpFilter::takesEverything);
    }

    /** Of each rule, in the order in which they are asked; those that copy come last. */
    public List<Verdict<E>> explain(HttpHead request) {
        List<Verdict<E>> verdicts = new ArrayList<>();
        Optional<Rule<E>> first = Optional.empty();
        for (Rule<E> rule : takers) {
            Verdict<E> verdict = new Verdict<>(rule, rule.filter().mismatch(request), first);
            verdicts.add(verdict);
            first = verdict.takes() ? Optional.of(rule) : first;
        }
        mirrors.forEach(r -> verdicts.add(new Verdict<>(r, r.filter().mismatch(request), Optional.empty())));
        return verdicts;
    }

    private static Predicate<HttpFilter> fits(HttpHead request) {
        return filter -> filter.takesEverything() || filter.matches(request);
    }

    private static <E> boolean filtered(List<Rule<E>> rules) {
        return rules.stream().anyMatch(r -> !r.filter().takesEverything());
    }

    private static <E> Optional<Rule<E>> first(List<Rule<E>> rules, Predicate<HttpFilter> fits) {
        for (Rule<E> rule : rules) {
            if (fits.test(rule.filter())) {
                return Optional.of(rule);
            }
        }
        return Optional.empty();
    }

    private static <E> List<Rule<E>> all(List<Rule<E>> rules, Predicate<HttpFilter> fits) {
        if (rules.isEmpty()) {
            return List.of();
        }
        List<Rule<E>> fitting = new ArrayList<>(rules.size());
        for (Rule<E> rule : rules) {
            if (fits.test(rule.filter())) {
                fitting.add(rule);
            }
        }
        return fitting;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RequestRouter<?> that && takers.equals(that.takers) && mirrors.equals(that.mirrors);
    }

    @Override
    public int hashCode() {
        return 31 * takers.hashCode() + mirrors.hashCode();
    }
}
