package io.telepresence.e2e.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Where the time of a test class goes.
 *
 * @param setUp nanoseconds before its first test and after its last one
 * @param waiting in tests, for something to become true
 * @param commands in tests, for commands to end; a part of the work
 * @param busy how much of the machine's processors was used meanwhile, by whatever, in percent
 */
public record ClassTimes(String name, Counts counts, long total, long setUp, long waiting, long commands, int busy) {
    public static final String HEAD =
            "class\ttests\tfailed\tskipped\ttotal_s\tset_up_s\twaiting_s\twork_s\tcommands_s\tbusy_percent";

    public record Counts(int tests, int failed, int skipped) {}

    /** Work is what is neither set-up nor waiting. */
    public long work() {
        return Math.max(0, total - setUp - waiting);
    }

    public String row() {
        String numbers = String.join(
                "\t",
                LongStream.of(total, setUp, waiting, work(), commands)
                        .mapToObj(ClassTimes::seconds)
                        .toList());
        return name + "\t" + counts.tests() + "\t" + counts.failed() + "\t" + counts.skipped() + "\t" + numbers + "\t"
                + busy;
    }

    public String sentence() {
        return "%s: %d tests, %d failed, %d skipped in %s s: set-up %s, waiting %s, work %s; processors busy to %d %%"
                .formatted(
                        name,
                        counts.tests(),
                        counts.failed(),
                        counts.skipped(),
                        seconds(total),
                        seconds(setUp),
                        seconds(waiting),
                        seconds(work()),
                        busy);
    }

    /** Adds the row to a file, which begins with the head. */
    public void writeTo(Path file) {
        try {
            Files.createDirectories(file.getParent());
            List<String> lines = Files.exists(file) ? List.of(row()) : List.of(HEAD, row());
            Files.write(file, lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String seconds(long nanos) {
        return String.format(Locale.ROOT, "%.1f", nanos / 1e9);
    }

    /** What all processors have done since the machine started, in ticks. */
    public record Processors(long busy, long all) {
        static Processors now() {
            try (Stream<String> lines = Files.lines(Path.of("/proc/stat"))) {
                return read(lines.findFirst().orElse(""));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** The line {@code cpu user nice system idle iowait irq softirq steal …}; the guests' are in it twice. */
        static Processors read(String line) {
            long[] ticks = Stream.of(line.strip().split("\\s+"))
                    .skip(1)
                    .limit(8)
                    .mapToLong(Long::parseLong)
                    .toArray();
            long all = LongStream.of(ticks).sum();
            return new Processors(all - ticks[3] - ticks[4], all);
        }

        int percentSince(Processors before) {
            long passed = all - before.all;
            return passed <= 0 ? 0 : (int) (100 * (busy - before.busy) / passed);
        }
    }
}
