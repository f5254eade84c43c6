package io.telepresence.engagement;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.engagement.EngagementSpec;
import io.telepresence.rpc.engagement.HttpHeader;
import io.telepresence.rpc.engagement.HttpPath;
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

    /** @throws FaultException with one sentence: something in it is no filter */
    public static HttpFilter of(EngagementSpec spec) throws FaultException {
        List<HeaderMatch> headers = new ArrayList<>();
        for (HttpHeader header : spec.getHttpHeadersList()) {
            if (!isToken(header.getName())) {
                throw Fault.user(
                                "\"" + header.getName() + "\" is not the name of an HTTP header",
                                "Give --http-header as Name=value or 'Name: value'")
                        .exception();
            }
            if (header.getValue().chars().anyMatch(c -> c < ' ' && c != '\t' || c == 127)) {
                throw Fault.user(
                                "the value of the header " + header.getName()
                                        + " has a control character in it, which no request can have",
                                "")
                        .exception();
            }
            headers.add(new HeaderMatch(header.getName(), header.getValue()));
        }
        List<PathMatch> paths = new ArrayList<>();
        for (HttpPath path : spec.getHttpPathsList()) {
            paths.add(PathMatch.of(kind(path.getKind()), path.getValue()));
        }
        return new HttpFilter(headers, paths);
    }

    private static PathMatch.Kind kind(HttpPath.Kind kind) throws FaultException {
        return switch (kind) {
            case EQUAL -> PathMatch.Kind.EQUAL;
            case PREFIX -> PathMatch.Kind.PREFIX;
            case REGEX -> PathMatch.Kind.REGEX;
            case UNRECOGNIZED ->
                throw Fault.user("a kind of path filter that this version does not know", "Update it")
                        .exception();
        };
    }

    /** RFC 9110, section 5.6.2. */
    private static boolean isToken(String name) {
        return !name.isEmpty()
                && name.chars().allMatch(c -> c > ' ' && c < 127 && "\"(),/:;<=>?@[\\]{}".indexOf(c) < 0);
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
