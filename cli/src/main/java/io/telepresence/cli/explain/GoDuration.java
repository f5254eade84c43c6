package io.telepresence.cli.explain;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as Go writes them: {@code 1h30m}, {@code 1.5s}, {@code 300ms}, {@code 0}. */
final class GoDuration {
    private static final Pattern PART = Pattern.compile("(\\d+(?:\\.\\d+)?)(ms|us|µs|ns|h|m|s)");
    private static final Map<String, Long> NANOS = Map.of(
            "h", 3_600_000_000_000L,
            "m", 60_000_000_000L,
            "s", 1_000_000_000L,
            "ms", 1_000_000L,
            "us", 1_000L,
            "µs", 1_000L,
            "ns", 1L);

    private GoDuration() {}

    static Duration parse(String text) throws FaultException {
        if (text.equals("0")) {
            return Duration.ZERO;
        }
        Matcher part = PART.matcher(text);
        Duration sum = Duration.ZERO;
        int end = 0;
        while (part.find() && part.start() == end) {
            sum = sum.plusNanos(new BigDecimal(part.group(1))
                    .multiply(BigDecimal.valueOf(NANOS.get(part.group(2))))
                    .longValue());
            end = part.end();
        }
        if (end == 0 || end != text.length()) {
            throw Fault.user("invalid duration \"" + text + "\"", "Write it like 30m, 1h30m or 90s")
                    .exception();
        }
        return sum;
    }
}
