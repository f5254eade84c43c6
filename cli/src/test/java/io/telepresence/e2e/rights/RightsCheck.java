package io.telepresence.e2e.rights;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Compares each rule of the chart with what API servers have noted of a run of the end-to-end tests. */
public final class RightsCheck {
    private RightsCheck() {}

    /** {@code CHART LIST whole|part FILE LOG…}: all that there is to say goes into FILE; exit code 1: something is wrong. */
    public static void main(String[] arguments) throws Exception {
        RightsReport report =
                new RightsReport(ChartGrants.of(Path.of(arguments[0])), KnownRights.read(Path.of(arguments[1])));
        for (String log : List.of(arguments).subList(4, arguments.length)) {
            report.add(NotedCalls.read(Path.of(log)));
        }
        Files.write(Path.of(arguments[3]), report.lines());
        List<String> faults = report.faults(arguments[2].equals("whole"));
        faults.forEach(fault -> System.out.println("FAILED: " + fault));
        System.out.println(report.summary());
        System.exit(faults.isEmpty() ? 0 : 1);
    }
}
