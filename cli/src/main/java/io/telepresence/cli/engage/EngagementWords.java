package io.telepresence.cli.engage;

import io.telepresence.engagement.EngagementKind;
import java.util.Locale;

/**
 * What the command line says of each kind of engagement. A new kind is described here, and nowhere else in this module.
 *
 * @param summary of its command, one line
 * @param doing at the begin of a sentence that goes on with the workload: {@code Intercepting}
 * @param done in the list of workloads: {@code intercepted}
 * @param listFlag shows such workloads only
 * @param listLetter the same, short
 */
public record EngagementWords(String summary, String doing, String done, String listFlag, String listLetter) {
    public static EngagementWords of(EngagementKind kind) {
        return switch (kind) {
            case INTERCEPT ->
                new EngagementWords(
                        "Send a workload's traffic to this machine",
                        "Intercepting",
                        "intercepted",
                        "--intercepts",
                        "-i");
            case REPLACE ->
                new EngagementWords(
                        "Take a container out of its pods, and stand in for it",
                        "Replacing a container of",
                        "replaced",
                        "--replacements",
                        "-r");
            case WIRETAP ->
                new EngagementWords(
                        "Send a copy of a workload's traffic to this machine",
                        "Wiretapping",
                        "wiretapped",
                        "--wiretaps",
                        "-t");
            case INGEST ->
                new EngagementWords(
                        "Get a container's environment and volumes, and none of its traffic",
                        "Ingesting",
                        "ingested",
                        "--ingests",
                        "-g");
        };
    }

    /** Its key in structured output: {@code intercepts}. */
    public static String key(EngagementKind kind) {
        return kind.name().toLowerCase(Locale.ROOT) + "s";
    }

    /** Its title in text: {@code Intercepts}. */
    public static String title(EngagementKind kind) {
        return kind.title() + "s";
    }
}
