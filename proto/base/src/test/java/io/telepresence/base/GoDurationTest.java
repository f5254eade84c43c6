package io.telepresence.base;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GoDurationTest {
    @ParameterizedTest
    @CsvSource({
        "0, PT0S",
        "1h30m, PT1H30M",
        "1.5s, PT1.5S",
        "300ms, PT0.3S",
        "5us, PT0.000005S",
        "5µs, PT0.000005S",
        "7ns, PT0.000000007S",
        "0.1s, PT0.1S",
        "1m0.5s, PT1M0.5S",
        "90m, PT1H30M",
        "1.0000000009s, PT1S",
        "2562047h, PT2562047H"
    })
    void readsWhatGoWrites(String text, Duration expected) {
        assertEquals(expected, GoDuration.parse(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "1",
                "s",
                "1s ",
                " 1s",
                "1 s",
                "-1s",
                "1d",
                "1sm",
                "1,5s",
                ".5s",
                "2562048h",
                "99999999999999999999h"
            })
    void refusesTheRest(String text) {
        assertThrows(IllegalArgumentException.class, () -> GoDuration.parse(text));
    }
}
