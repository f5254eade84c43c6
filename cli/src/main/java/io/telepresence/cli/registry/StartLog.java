package io.telepresence.cli.registry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What a daemon printed before its own log was open: why it did not start. */
public final class StartLog {
    private static final int LAST_WORDS = 3;

    private StartLog() {}

    /** The end of a sentence: a colon and the last lines; empty where there are none. */
    public static String lastWords(Path file) {
        try {
            List<String> lines =
                    Files.readAllLines(file).stream().filter(l -> !l.isBlank()).toList();
            String words = String.join(" / ", lines.subList(Math.max(0, lines.size() - LAST_WORDS), lines.size()));
            return words.isEmpty() ? "" : ": " + words;
        } catch (IOException e) {
            return "";
        }
    }
}
