package io.telepresence.layers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** All sentences of the product stand in docs/messages.md, where they can be read one after the other. */
class MessagesTest {
    private static final String HOW_TO_WRITE =
            "write it again with: scripts/mvn -pl cli test -Dtest=MessagesTest -Dgolden.update=true";
    private static final Path CHART = Classes.root().resolve("traffic-manager/src/main/chart");
    private static final Pattern ACTION = Pattern.compile("\\{\\{.*?}}");
    private static final Pattern FAIL = Pattern.compile("fail \"([^\"]+)\"");
    private static final Pattern ABOUT = Pattern.compile("\"(?:title|description)\": *\"([^\"]+)\"");

    private static final String HEAD =
            """
            # Messages

            Every sentence of the product, for reading them one after the other. This file is generated, and `MessagesTest` compares it
            with the code; after a change, run

                scripts/mvn -pl cli test -Dtest=MessagesTest -Dgolden.update=true

            In it are all constants with more than one word in the compiled classes, `…` for what is filled in, each class in the order of
            its source, and what the chart says. Not in it are what goes to a log only, `toString`, and what is written for programs
            (`Sentences` has the list). A few lines are words by which the answers of other programs are known.
            """;

    private static final Map<String, String> PROCESSES = new LinkedHashMap<>();

    static {
        PROCESSES.put("cli", "Command line");
        PROCESSES.put("user-daemon", "User daemon");
        PROCESSES.put("root-daemon", "Root daemon");
        PROCESSES.put("traffic-manager", "Traffic-manager");
        PROCESSES.put("traffic-agent", "Traffic-agent");
        PROCESSES.put("proto/protocol", "What several of them share");
    }

    @Test
    void theFileHasWhatTheCodeSays() throws IOException {
        Path file = Classes.root().resolve("docs/messages.md");
        String generated = generated();
        if (Boolean.getBoolean("golden.update") || "true".equals(System.getenv("GOLDEN_UPDATE"))) {
            Files.writeString(file, generated);
        }
        String there = Files.exists(file) ? Files.readString(file) : "";
        Set<String> missing = new TreeSet<>(generated.lines().toList());
        there.lines().forEach(missing::remove);
        Set<String> stale = new TreeSet<>(there.lines().toList());
        generated.lines().forEach(stale::remove);
        assertTrue(
                generated.equals(there),
                () -> "docs/messages.md is not what the code says; " + HOW_TO_WRITE + "\nnot in the file: " + missing
                        + "\nonly in the file: " + stale);
    }

    /** A sentence that an end-to-end test waits for is one that the product still has. */
    @Test
    void whatEndToEndTestsExpectIsThere() throws IOException {
        List<String> said = sentences();
        Map<String, Set<String>> expected = ExpectedSentences.ofEndToEndTests();
        assertTrue(expected.size() > 20, () -> "too few are found: " + expected.keySet());
        Map<String, Set<String>> unknown = new TreeMap<>(expected);
        unknown.keySet().removeIf(text -> said.stream().anyMatch(sentence -> ExpectedSentences.fits(text, sentence)));
        assertEquals(Map.of(), unknown, "no sentence in docs/messages.md is like these");
    }

    @Test
    void fitting() {
        assertTrue(ExpectedSentences.fits("the image x:1 is not", "the image … is not in this engine"));
        assertTrue(ExpectedSentences.fits("… is not in this", "the image … is not in this engine"));
        assertTrue(!ExpectedSentences.fits("the picture x:1 is not", "the image … is not in this engine"));
        assertTrue(!ExpectedSentences.fits("the image x:1 is not", "…: …"));
    }

    private static List<String> sentences() throws IOException {
        List<String> all = new ArrayList<>(chart());
        PROCESSES.keySet().forEach(module -> Sentences.of(module).values().forEach(classes -> classes.values()
                .forEach(all::addAll)));
        return all;
    }

    private static String generated() throws IOException {
        StringBuilder text = new StringBuilder(HEAD);
        PROCESSES.forEach((module, title) -> {
            text.append("\n## ").append(title).append('\n');
            Sentences.of(module).forEach((room, classes) -> {
                text.append("\n### ")
                        .append(room.replace("io/telepresence/", "").replace('/', '.'))
                        .append("\n\n```text\n");
                classes.forEach((name, sentences) -> {
                    text.append(name).append('\n');
                    sentences.forEach(one -> append(text, one));
                });
                text.append("```\n");
            });
        });
        text.append("\n## Chart\n\n```text\n");
        chart().forEach(line -> append(text, line));
        return text.append("```\n").toString();
    }

    private static void append(StringBuilder text, String sentence) {
        String line = sentence.strip().replace("\n", "⏎").replace("\t", " ");
        text.append("  ").append(line).append('\n');
    }

    private static List<String> chart() throws IOException {
        List<String> lines = new ArrayList<>();
        for (String line :
                Files.readString(CHART.resolve("templates/NOTES.txt")).lines().toList()) {
            String open = ACTION.matcher(line)
                    .replaceAll(String.valueOf(Sentences.HOLE))
                    .strip();
            if (open.matches(".*\\w.*")) {
                lines.add(open);
            }
        }
        try (Stream<Path> files = Files.list(CHART.resolve("templates"))) {
            for (Path file : files.sorted().toList()) {
                addAll(FAIL, file, lines);
            }
        }
        addAll(ABOUT, CHART.resolve("values.schema.json"), lines);
        return lines;
    }

    private static void addAll(Pattern pattern, Path file, List<String> lines) throws IOException {
        Matcher matcher = pattern.matcher(Files.readString(file));
        while (matcher.find()) {
            lines.add(matcher.group(1));
        }
    }
}
