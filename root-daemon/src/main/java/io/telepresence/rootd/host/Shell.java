package io.telepresence.rootd.host;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Commands as one line of POSIX shell and back: every word in single quotes, so that both we and sh(1) read it. */
final class Shell {
    private Shell() {}

    static String line(List<String> command) {
        return command.stream().map(Shell::quote).collect(Collectors.joining(" "));
    }

    /** Reads what {@link #line} wrote. */
    static List<String> words(String line) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '\'') {
                quoted = !quoted;
            } else if (quoted) {
                word.append(c);
            } else if (c == '\\' && i + 1 < line.length()) {
                word.append(line.charAt(++i));
            } else {
                words.add(word.toString());
                word.setLength(0);
            }
        }
        words.add(word.toString());
        return words;
    }

    private static String quote(String word) {
        if (word.indexOf('\n') >= 0) {
            throw new IllegalArgumentException("line break in a command: " + word);
        }
        return "'" + word.replace("'", "'\\''") + "'";
    }
}
