package io.telepresence.engagement;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.fault.FaultException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HttpFilterTest {
    private static final HeaderMatch ALICE = new HeaderMatch("x-user", "alice");
    private static final HeaderMatch BOB = new HeaderMatch("X-USER", "bob");
    private static final HeaderMatch TEAM = new HeaderMatch("X-Team", "one");

    private record Request(String method, String path, Map<String, String> headers) implements HttpHead {
        @Override
        public String header(String lowerCaseName) {
            return headers.get(lowerCaseName);
        }
    }

    private static Request get(String path, String... headers) {
        Map<String, String> map = new java.util.HashMap<>();
        for (int i = 0; i < headers.length; i += 2) {
            map.put(headers[i], headers[i + 1]);
        }
        return new Request("GET", path, map);
    }

    private static HttpFilter headers(HeaderMatch... headers) {
        return new HttpFilter(List.of(headers), List.of());
    }

    private static HttpFilter path(PathMatch.Kind kind, String value, HeaderMatch... headers) throws FaultException {
        return new HttpFilter(List.of(headers), List.of(PathMatch.of(kind, value)));
    }

    @Test
    void allHeadersMustBeThere() {
        HttpFilter both = headers(ALICE, TEAM);
        assertTrue(both.matches(get("/", "x-user", "alice", "x-team", "one")));
        assertEquals("there is no header X-Team", both.mismatch(get("/", "x-user", "alice")));
        assertEquals(
                "header X-User is 'Alice', not 'alice'", both.mismatch(get("/", "x-user", "Alice", "x-team", "one")));
    }

    /** Text of a request is octets: one character is one. */
    @Test
    void valuesAreComparedByteForByteAsUtf8() throws FaultException {
        HttpFilter filter = headers(new HeaderMatch("x-user", " j\u00fcrgen\t"));
        assertTrue(filter.matches(get("/", "x-user", "j\u00c3\u00bcrgen")));
        assertFalse(filter.matches(get("/", "x-user", "j\u00fcrgen")), "ISO 8859-1 is another value");
        assertEquals(
                "header X-User is 'J\u00fcrgen', not 'j\u00fcrgen'",
                filter.mismatch(get("/", "x-user", "J\u00c3\u00bcrgen")));
        assertThrows(FaultException.class, () -> HeaderMatch.of("x", "a\nb"));
    }

    @ParameterizedTest
    @CsvSource({
        "EQUAL, /caf\u00e9, /caf%C3%A9, true",
        "EQUAL, /caf%c3%a9, /caf%C3%A9, true",
        "EQUAL, /caf\u00e9, /caf\u00c3\u00a9, true",
        "EQUAL, /caf\u00e9, /caf%E9, false",
        "EQUAL, /a b, /a%20b, true",
        "EQUAL, /%61, /a, true",
        "EQUAL, /a/b, /a%2fb, false",
        "EQUAL, /a%2Fb, /a%2fb, true",
        "EQUAL, /100%, /100%25, false",
        "EQUAL, /100%25, /100%25, true",
        "EQUAL, /100%, /100%, true",
        "EQUAL, /a%2520, /a%20, false",
        "EQUAL, /A, /a, false",
        "PREFIX, /a b/, /a%20b/c, true",
        "REGEX, /caf./[a-z]+, /caf%C3%A9/x, true",
        "REGEX, /a b, /a%20b, true",
    })
    void escapesOfPathsCountAsWhatTheyStandFor(PathMatch.Kind kind, String value, String path, boolean match)
            throws FaultException {
        assertEquals(match, path(kind, value).matches(get(path)));
    }

    @ParameterizedTest
    @CsvSource({
        "EQUAL, /api, /api, true",
        "EQUAL, /api, /api/, false",
        "PREFIX, /api, /api/x, true",
        "PREFIX, /api, /apix, true",
        "PREFIX, /api/, /api, false",
        "REGEX, /a[0-9]+, /a12, true",
        "REGEX, /a[0-9]+, /a12/b, false",
        "REGEX, '(?i)/API.*', /api/x, true",
    })
    void paths(PathMatch.Kind kind, String value, String path, boolean matches) throws FaultException {
        assertEquals(matches, path(kind, value).matches(get(path)));
    }

    @Test
    void onePathIsEnough() throws FaultException {
        HttpFilter either = new HttpFilter(
                List.of(),
                List.of(PathMatch.of(PathMatch.Kind.EQUAL, "/a"), PathMatch.of(PathMatch.Kind.PREFIX, "/b/")));
        assertTrue(either.matches(get("/a")));
        assertTrue(either.matches(get("/b/c")));
        assertEquals("path /c does not match path /a or path-prefix /b/", either.mismatch(get("/c")));
    }

    @Test
    void conflictsAreJudgedWithinOneTier() throws FaultException {
        assertTrue(headers(ALICE).conflictsWith(headers(ALICE)));
        assertTrue(headers(ALICE).conflictsWith(headers(ALICE, TEAM)), "one matches whatever the other matches");
        assertFalse(headers(ALICE).conflictsWith(headers(BOB)), "one header, two values");
        assertFalse(headers(ALICE).conflictsWith(headers(TEAM)));
        assertFalse(headers(ALICE).conflictsWith(path(PathMatch.Kind.PREFIX, "/a")), "another tier");
        assertFalse(headers(ALICE).conflictsWith(HttpFilter.ALL));
        assertFalse(path(PathMatch.Kind.PREFIX, "/a", ALICE).conflictsWith(path(PathMatch.Kind.PREFIX, "/b", ALICE)));
        assertTrue(path(PathMatch.Kind.PREFIX, "/a", ALICE).conflictsWith(headers(ALICE)));
        assertTrue(path(PathMatch.Kind.PREFIX, "/a").conflictsWith(path(PathMatch.Kind.PREFIX, "/a")));
        assertFalse(path(PathMatch.Kind.PREFIX, "/a").conflictsWith(path(PathMatch.Kind.EQUAL, "/a")));
        assertTrue(HttpFilter.ALL.conflictsWith(HttpFilter.ALL));
    }

    @Test
    void headersComeBeforePathsAndTheMoreExactFirst() throws FaultException {
        HttpFilter regex = path(PathMatch.Kind.REGEX, "/.*");
        HttpFilter shortPrefix = path(PathMatch.Kind.PREFIX, "/a");
        HttpFilter longPrefix = path(PathMatch.Kind.PREFIX, "/a/b");
        HttpFilter equal = path(PathMatch.Kind.EQUAL, "/a");
        HttpFilter headerAndPath = path(PathMatch.Kind.PREFIX, "/a", ALICE);
        List<HttpFilter> sorted = Stream.of(
                        HttpFilter.ALL,
                        regex,
                        shortPrefix,
                        longPrefix,
                        equal,
                        headers(ALICE),
                        headerAndPath,
                        headers(ALICE, TEAM))
                .sorted(HttpFilter.ORDER)
                .toList();
        assertEquals(
                List.of(
                        headers(ALICE, TEAM),
                        headerAndPath,
                        headers(ALICE),
                        equal,
                        longPrefix,
                        shortPrefix,
                        regex,
                        HttpFilter.ALL),
                sorted);
    }

    @Test
    void readsAsTheGuideShowsIt() throws FaultException {
        HttpFilter filter = path(PathMatch.Kind.PREFIX, "/api", HeaderMatch.of("x-user", "margret"));
        assertEquals("HTTP requests with path-prefix /api and header 'X-User: margret'", filter.describe());
        assertEquals("all TCP connections", HttpFilter.ALL.describe());
    }

    @Test
    void badFiltersAreRefusedWithASentence() {
        FaultException bad = assertThrows(FaultException.class, () -> PathMatch.of(PathMatch.Kind.REGEX, "/a("));
        assertTrue(
                bad.fault().text().startsWith("\"/a(\" is not a valid regular expression"),
                bad.fault().text());
        assertThrows(FaultException.class, () -> HeaderMatch.of("x user", "a"));
    }

    @Test
    void whatOnlyALaterVersionReadsTakesNothing() {
        assertTrue(HttpFilter.UNKNOWN.isUnknown());
        assertFalse(HttpFilter.ALL.isUnknown());
        assertFalse(HttpFilter.UNKNOWN.takesEverything());
        assertThrows(FaultException.class, () -> HeaderMatch.of("", ""), "nobody makes one by accident");
        assertEquals("HTTP requests with a filter that this version cannot read", HttpFilter.UNKNOWN.describe());
    }

    @ParameterizedTest
    @CsvSource({
        "/a/b?c=d, /a/b",
        "http://host:80/a?b, /a",
        "http://host, /",
        "http://host?x=/a, /",
        "http://host#/a, /",
        "*, *",
        "/a#b, /a",
        "/a://b?x, /a://b"
    })
    void thePathOfATarget(String target, String path) {
        assertEquals(path, HttpHead.pathOf(target));
    }
}
