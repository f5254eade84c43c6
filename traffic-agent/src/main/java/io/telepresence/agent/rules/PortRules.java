package io.telepresence.agent.rules;

import io.telepresence.filter.HttpFilter;
import io.telepresence.filter.HttpHead;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;

/**
 * What is engaged on one port at one moment. The taker that is asked first and fits gets the request; every tap that
 * fits gets a copy.
 */
public final class PortRules {
    /** Nothing is engaged. */
    public static final PortRules NONE = new PortRules(List.of(), List.of(), false);

    private static final Comparator<Taker> FIRST_ASKED = Comparator.comparing(Taker::filter, HttpFilter.ORDER);

    private final List<Taker> takers;
    private final List<Tap> taps;
    private final boolean needsHttp;
    private final Destination otherwise;
    private final Judgement raw;
    private final boolean leaving;

    private PortRules(List<Taker> takers, List<Tap> taps, boolean leaving) {
        this.leaving = leaving;
        this.takers = takers;
        this.taps = taps;
        this.needsHttp = takers.stream().anyMatch(t -> !t.filter().takesEverything())
                || taps.stream().anyMatch(t -> !t.filter().takesEverything());
        this.otherwise = takers.stream()
                .filter(t -> t.kind() == Taker.Kind.REPLACE)
                .findFirst()
                .map(Taker::destination)
                .orElse(Destination.TO_APP);
        this.raw = judgement(HttpFilter::takesEverything);
    }

    /** Both lists oldest engagement first. */
    public static PortRules of(List<Taker> takers, List<Tap> taps) {
        return takers.isEmpty() && taps.isEmpty()
                ? NONE
                : new PortRules(takers.stream().sorted(FIRST_ASKED).toList(), List.copyOf(taps), false);
    }

    /** The same for a pod that ends. */
    PortRules leaving() {
        return new PortRules(takers, taps, true);
    }

    /**
     * Whether the pod ends: callers that keep connections to a client's program are asked to open others, elsewhere. The
     * app asks its own callers itself.
     */
    public boolean isLeaving() {
        return leaving;
    }

    /** In the order in which they are asked. */
    public List<Taker> takers() {
        return takers;
    }

    public List<Tap> taps() {
        return taps;
    }

    public boolean isEmpty() {
        return takers.isEmpty() && taps.isEmpty();
    }

    /** Whether connections must be read as HTTP, because somebody wants only some of the requests. */
    public boolean needsHttp() {
        return needsHttp;
    }

    /** Whether somebody wants what is inside TLS, and not TLS itself. */
    public boolean wantsPlaintext() {
        return takers.stream().anyMatch(t -> t.target().plaintext())
                || taps.stream().anyMatch(t -> t.target().plaintext());
    }

    /** Of one HTTP request. */
    public Judgement judge(HttpHead request) {
        return needsHttp ? judgement(filter -> filter.takesEverything() || filter.matches(request)) : raw;
    }

    /** Of a connection (or datagram) that is no HTTP, or not read as such: only who takes everything counts. */
    public Judgement raw() {
        return raw;
    }

    private Judgement judgement(Predicate<HttpFilter> fits) {
        List<Target> copies = new ArrayList<>(taps.size());
        for (Tap tap : taps) {
            if (fits.test(tap.filter())) {
                copies.add(tap.target());
            }
        }
        for (Taker taker : takers) {
            if (fits.test(taker.filter())) {
                return new Judgement(taker.destination(), taker.filter().takesEverything() ? null : otherwise, copies);
            }
        }
        return copies.isEmpty() ? Judgement.APP : new Judgement(Destination.TO_APP, null, copies);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PortRules that
                && takers.equals(that.takers)
                && taps.equals(that.taps)
                && leaving == that.leaving;
    }

    @Override
    public int hashCode() {
        return 31 * takers.hashCode() + taps.hashCode();
    }

    @Override
    public String toString() {
        return "takers " + takers + " taps " + taps;
    }
}
