package io.telepresence.cli.explain;

import io.telepresence.cli.daemon.ClientEngagement;
import io.telepresence.cli.daemon.Explanation;
import io.telepresence.cli.output.Table;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What {@code why} prints: where the request goes, why not elsewhere, and where the last ones went. */
final class WhyText {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT);

    private WhyText() {}

    /** {@code request}: empty: none was named, only the last ones count. */
    static List<String> lines(String request, Explanation why) {
        List<String> lines = new ArrayList<>();
        if (!request.isEmpty()) {
            lines.add(request + " goes to " + destination(why));
            Table others = new Table("  ");
            why.rules().stream()
                    .filter(r -> !takesIt(why, r))
                    .forEach(r -> others.row(title(r.engagement()), effect(r), r.reason()));
            lines.addAll(others.lines());
            why.policies().forEach(p -> lines.add("  Policy " + p));
        }
        if (!why.recent().isEmpty()) {
            Table recent = new Table("");
            recent.row("TIME", "POD", "METHOD", "PATH", "DESTINATION");
            why.recent().forEach(v -> recent.row(time(v), v.pod(), v.method(), v.path(), destination(why, v)));
            lines.addAll(recent.lines());
        } else if (request.isEmpty()) {
            lines.add("No recent requests");
        }
        return lines;
    }

    private static String destination(Explanation why) {
        return why.rules().stream()
                .filter(r -> takesIt(why, r))
                .findFirst()
                .map(r -> "the " + title(r.engagement()) + (r.reason().isEmpty() ? "" : ": " + r.reason()))
                .orElse("the application (" + why.workload().kind().toLowerCase(Locale.ROOT) + " "
                        + why.workload().name() + ")");
    }

    static boolean takesIt(Explanation why, Explanation.Rule rule) {
        return !why.taker().isEmpty()
                && (rule.engagement().id().equals(why.taker())
                        || rule.engagement().name().equals(why.taker()) && rule.takes());
    }

    private static String title(ClientEngagement engagement) {
        return engagement.kind().name().toLowerCase(Locale.ROOT) + " " + engagement.name()
                + (engagement.client().isEmpty() ? "" : " (" + engagement.client() + ")");
    }

    private static String effect(Explanation.Rule rule) {
        if (rule.engagement().kind().copiesTraffic()) {
            return rule.takes() ? "gets a copy" : "gets no copy";
        }
        return rule.takes() ? "would take it, but comes later" : "does not take it";
    }

    private static String time(Explanation.Verdict verdict) {
        return TIME.format(Instant.ofEpochMilli(verdict.timeMillis()).atZone(ZoneId.systemDefault()));
    }

    private static String destination(Explanation why, Explanation.Verdict verdict) {
        StringBuilder text =
                new StringBuilder(verdict.taker().isEmpty() ? "application" : nameOf(why, verdict.taker()));
        if (verdict.failedOpen()) {
            text.append(verdict.taker().isEmpty() ? "" : ", then the application")
                    .append(" (no answer from the laptop)");
        }
        verdict.taps().forEach(id -> text.append(", copy to ").append(nameOf(why, id)));
        return text.toString();
    }

    /** Of an engagement that may have ended since: its id has its name. */
    private static String nameOf(Explanation why, String id) {
        return why.rules().stream()
                .map(Explanation.Rule::engagement)
                .filter(e -> e.id().equals(id))
                .findFirst()
                .map(WhyText::title)
                .orElse(id.substring(id.indexOf(':') + 1));
    }
}
