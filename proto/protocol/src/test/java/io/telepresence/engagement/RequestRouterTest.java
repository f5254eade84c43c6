package io.telepresence.engagement;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.engagement.RequestRouter.Rule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whose request it is: one answer, however it is asked. */
class RequestRouterTest {
    private static final HttpFilter ANN = header("ann");
    private static final HttpFilter API = new HttpFilter(List.of(), List.of(path("/api")));

    private static HttpFilter header(String user) {
        return new HttpFilter(List.of(new HeaderMatch("X-User", user)), List.of());
    }

    private static PathMatch path(String prefix) {
        try {
            return PathMatch.of(PathMatch.Kind.PREFIX, prefix);
        } catch (io.telepresence.fault.FaultException e) {
            throw new AssertionError(e);
        }
    }

    private record Request(String path, Map<String, String> headers) implements HttpHead {
        @Override
        public String method() {
            return "GET";
        }

        @Override
        public String header(String lowerCaseName) {
            return headers.get(lowerCaseName);
        }
    }

    private static HttpHead request(String path, String user) {
        return new Request(path, Map.of("x-user", user));
    }

    private static Rule<String> rule(String name, EngagementKind kind, HttpFilter filter) {
        return new Rule<>(name, kind, filter);
    }

    private static String taker(RequestRouter<String> router, HttpHead request) {
        return router.taker(request).map(Rule::engagement).orElse("");
    }

    @Test
    void headersComeBeforePathsAndPathsBeforeEverythingAndTheOldestOfEqualsFirst() {
        RequestRouter<String> router = new RequestRouter<>(List.of(
                rule("all-old", EngagementKind.REPLACE, HttpFilter.ALL),
                rule("all-new", EngagementKind.INTERCEPT, HttpFilter.ALL),
                rule("path", EngagementKind.INTERCEPT, API),
                rule("header", EngagementKind.INTERCEPT, ANN)));
        assertEquals("header", taker(router, request("/api/x", "ann")));
        assertEquals("path", taker(router, request("/api/x", "bob")));
        assertEquals("all-old", taker(router, request("/", "bob")));
        assertEquals("all-old", router.rawTaker().map(Rule::engagement).orElse(""));
    }

    @Test
    void eachMirrorThatFitsGetsACopyAndTakesNothing() {
        RequestRouter<String> router = new RequestRouter<>(
                List.of(rule("one", EngagementKind.WIRETAP, HttpFilter.ALL), rule("two", EngagementKind.WIRETAP, ANN)));
        assertEquals("", taker(router, request("/", "ann")));
        assertEquals(2, router.mirrors(request("/", "ann")).size());
        assertEquals(1, router.mirrors(request("/", "bob")).size());
        assertEquals(1, router.rawMirrors().size());
        assertTrue(router.needsHttp());
        assertFalse(new RequestRouter<>(List.of(rule("one", EngagementKind.WIRETAP, HttpFilter.ALL))).needsHttp());
    }

    @Test
    void aKindWithoutPortsCountsNowhere() {
        assertTrue(new RequestRouter<>(List.of(rule("files", EngagementKind.INGEST, HttpFilter.ALL))).isEmpty());
    }

    @Test
    void anExplanationSaysWhyNotAndWhoCameFirst() {
        List<RequestRouter.Verdict<String>> verdicts = new RequestRouter<>(List.of(
                        rule("tap", EngagementKind.WIRETAP, header("bob")),
                        rule("all", EngagementKind.INTERCEPT, HttpFilter.ALL),
                        rule("mine", EngagementKind.INTERCEPT, ANN),
                        rule("bobs", EngagementKind.INTERCEPT, header("bob"))))
                .explain(request("/", "ann"));
        assertEquals(
                List.of("mine", "bobs", "all", "tap"),
                verdicts.stream().map(v -> v.rule().engagement()).toList());
        assertEquals(
                List.of(true, false, false, false),
                verdicts.stream().map(RequestRouter.Verdict::takes).toList());
        assertEquals("header X-User is 'ann', not 'bob'", verdicts.get(1).mismatch());
        assertEquals("mine", verdicts.get(2).first().map(Rule::engagement).orElse(""));
        assertEquals(Optional.empty(), verdicts.get(3).first());
    }

    /** Of many made-up sets of engagements and requests. */
    @Test
    void whatIsExplainedIsWhatHappens() {
        Random random = new Random(7);
        List<HttpFilter> filters = List.of(HttpFilter.ALL, ANN, header("bob"), API);
        for (int i = 0; i < 500; i++) {
            List<Rule<String>> rules = new ArrayList<>();
            for (int n = random.nextInt(6); n > 0; n--) {
                EngagementKind kind = EngagementKind.values()[random.nextInt(4)];
                rules.add(rule("e" + n, kind, filters.get(random.nextInt(filters.size()))));
            }
            RequestRouter<String> router = new RequestRouter<>(rules);
            for (HttpHead request :
                    Arrays.asList(request("/api", "ann"), request("/", "bob"), request("/api", "eve"))) {
                List<Rule<String>> explained = router.explain(request).stream()
                        .filter(RequestRouter.Verdict::takes)
                        .map(RequestRouter.Verdict::rule)
                        .toList();
                List<Rule<String>> happens = new ArrayList<>();
                router.taker(request).ifPresent(happens::add);
                happens.addAll(router.mirrors(request));
                assertEquals(happens, explained);
            }
        }
    }
}
