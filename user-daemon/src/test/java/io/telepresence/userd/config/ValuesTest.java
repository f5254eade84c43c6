package io.telepresence.userd.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A value means what it means to Go's programs, or it is an error that says what was expected; it is never guessed. */
class ValuesTest {
    private static void assertRefused(String expected, java.util.function.Supplier<Object> read) {
        String message = assertThrows(IllegalArgumentException.class, read::get).getMessage();
        assertTrue(message.contains(expected), message);
    }

    static Stream<Arguments> durations() {
        return Stream.of(
                Arguments.of("30s", 30_000L),
                Arguments.of("1.5h", 5_400_000L),
                Arguments.of("2m30s", 150_000L),
                Arguments.of("250ms", 250L),
                Arguments.of("1h1m1s1ms", 3_661_001L),
                Arguments.of("1000us", 1L),
                Arguments.of("1000µs", 1L),
                Arguments.of("1000000ns", 1L),
                Arguments.of("0s", 0L),
                Arguments.of(5, 5_000L),
                Arguments.of(0.25, 250L));
    }

    @ParameterizedTest
    @MethodSource("durations")
    void durations(Object text, long millis) {
        assertEquals(Duration.ofMillis(millis), Values.duration(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "s", "5", "5 s", "five", "5s later", "-5s", "1d", "5s5", ".5s"})
    void whatIsNoDurationIsRefused(String text) {
        assertRefused("a number of seconds or a duration like 1.5h", () -> Values.duration(text));
    }

    @ParameterizedTest
    @CsvSource({"true, true", "TRUE, true", "false, false", "False, false"})
    void flags(String text, boolean value) {
        assertEquals(value, Values.flag(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"yes", "1", "on", ""})
    void whatIsNoFlagIsRefused(String text) {
        assertRefused("true or false is expected", () -> Values.flag(text));
    }

    @ParameterizedTest
    @CsvSource({"info, INFO", "Warning, WARN", "WARN, WARN", "trace, TRACE", "debug, DEBUG", "error, ERROR"})
    void levels(String text, String level) {
        assertEquals(level, Values.level(text));
    }

    @Test
    void whatIsNoLevelIsRefused() {
        assertRefused("trace, debug, info, warn or error", () -> Values.level("loud"));
        assertRefused("a string is expected", () -> Values.level(List.of("info")));
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "80, 80", "65535, 65535"})
    void ports(String text, int port) {
        assertEquals(port, Values.port(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "65536", "http", "", "8080/TCP", "99999999999"})
    void whatIsNoPortIsRefused(String text) {
        assertRefused("a port number is expected", () -> Values.port(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.0/8", "0.0.0.0/0", "192.168.1.1/32", "fd00::/8", "::/0", "2001:db8::1/128"})
    void subnets(String text) {
        assertEquals(List.of(text), Values.subnets(text));
        assertEquals(List.of(text, text), Values.subnets(List.of(text, text)));
    }

    /** Nothing here is looked up: a name that is no address must not become one. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.0.0.0",
                "10.0.0.0/33",
                "10.0.0.0/-1",
                "fd00::/129",
                "localhost/8",
                "/8",
                "10.0.0.0/",
                "a::g/8"
            })
    void whatIsNoSubnetIsRefused(String text) {
        assertRefused("a subnet like 10.1.0.0/16 is expected", () -> Values.subnets(List.of("10.0.0.0/8", text)));
    }

    @Test
    void oneTextIsAListOfOne() {
        assertEquals(List.of("a"), Values.strings("a"));
        assertEquals(List.of("a", "1"), Values.strings(List.of("a", 1)));
        assertRefused("a string is expected", () -> Values.strings(List.of(Map.of())));
    }

    @Test
    void mappingsHaveBothOfTheirNames() {
        assertEquals(
                List.of(new ClientConfig.Mapping("a", "b"), new ClientConfig.Mapping("c", "d")),
                Values.mappings(List.of(Map.of("name", "a", "aliasFor", "b"), Map.of("name", "c", "alias-for", "d"))));
        assertRefused("each mapping needs name and aliasFor", () -> Values.mappings(List.of(Map.of("name", "a"))));
        assertRefused("each mapping needs name and aliasFor", () -> Values.mappings(List.of("a=b")));
        assertRefused("a list of {name, aliasFor} is expected", () -> Values.mappings(Map.of("a", "b")));
    }
}
