package io.telepresence.engagement;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;

/**
 * The requests that an engagement takes: those that have all of the headers and, if paths are given, one of the paths.
 * Without any it takes everything, connections that are no HTTP included.
 */
public record HttpFilter(List<HeaderMatch> headers, List<PathMatch> paths) {
    /** Takes everything. */
    public static final HttpFilter ALL = new HttpFilter(List.of(), List.of());

    /** What only a later version can read: it takes nothing, since no request has a header without a name. */
    public static final HttpFilter UNKNOWN = new HttpFilter(List.of(new HeaderMatch("", "")), List.of());

    /** Judged first to last; two engagements of different tiers never conflict. */
    public enum Tier {
        HEADERS,
        PATHS,
        EVERYTHING
    }

    /**
     * In which order filters on one port are asked: by tier, then more headers first, then the more exact path, then
     * the longer one. Equal ones keep their order, so sort what came first first.
     */
    public static final Comparator<HttpFilter> ORDER = Comparator.comparing(HttpFilter::tier)
            .thenComparing(f -> -f.headers().size())
            .thenComparing(HttpFilter::pathRank)
            .thenComparing(f ->
                    -f.paths().stream().mapToInt(p -> p.value().length()).max().orElse(0));

    public HttpFilter {
        headers = List.copyOf(headers);
        paths = List.copyOf(paths);
    }

    /** One of a later version, which this one cannot read. */
    public boolean isUnknown() {
        return equals(UNKNOWN);
    }

    public boolean takesEverything() {
        return headers.isEmpty() && paths.isEmpty();
    }

    public Tier tier() {
        if (!headers.isEmpty()) {
            return Tier.HEADERS;
        }
        return paths.isEmpty() ? Tier.EVERYTHING : Tier.PATHS;
    }

    public boolean matches(HttpHead request) {
        return mismatch(request).isEmpty();
    }

    /** Why the request does not fit, as half a sentence; empty: it does. */
    public String mismatch(HttpHead request) {
        if (isUnknown()) {
            return "its filter is one that this version cannot read";
        }
        for (HeaderMatch header : headers) {
            String why = header.mismatch(request);
            if (!why.isEmpty()) {
                return why;
            }
        }
        if (paths.isEmpty() || paths.stream().anyMatch(p -> p.matches(request.path()))) {
            return "";
        }
        return "path " + HttpHead.text(request.path()) + " does not match " + described(paths);
    }

    /**
     * Whether one request could belong to both with nothing to tell them apart: in the same tier, the headers of one
     * are all among those of the other, and one has no paths or they share one.
     */
    public boolean conflictsWith(HttpFilter other) {
        if (tier() != other.tier()) {
            return false;
        }
        boolean headersOverlap =
                new HashSet<>(headers).containsAll(other.headers) || new HashSet<>(other.headers).containsAll(headers);
        boolean pathsOverlap =
                paths.isEmpty() || other.paths.isEmpty() || paths.stream().anyMatch(other.paths::contains);
        return headersOverlap && pathsOverlap;
    }

    /** As {@code list} shows it: {@code HTTP requests with path-prefix /api and header 'X-User: margret'}. */
    public String describe() {
        if (takesEverything()) {
            return "all TCP connections";
        }
        if (isUnknown()) {
            return "HTTP requests with a filter that this version cannot read";
        }
        List<String> parts = new ArrayList<>();
        if (!paths.isEmpty()) {
            parts.add(described(paths));
        }
        headers.forEach(h -> parts.add("header " + h));
        return "HTTP requests with " + String.join(" and ", parts);
    }

    private static String described(List<PathMatch> paths) {
        return String.join(" or ", paths.stream().map(PathMatch::toString).toList());
    }

    private int pathRank() {
        return paths.stream().mapToInt(p -> p.kind().ordinal()).min().orElse(PathMatch.Kind.values().length);
    }
}
