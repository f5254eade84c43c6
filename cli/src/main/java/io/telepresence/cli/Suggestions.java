package io.telepresence.cli;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** Finds what a mistyped word may have meant. */
final class Suggestions {
    private static final int FARTHEST = 2;

    private Suggestions() {}

    /** Words at most two edits away, or that {@code typed} is the beginning of; the nearest first. */
    static List<String> near(String typed, Collection<String> words) {
        return words.stream()
                .filter(w -> distance(typed, w) <= FARTHEST || typed.length() > 1 && w.startsWith(typed))
                .sorted(Comparator.<String>comparingInt(w -> distance(typed, w)).thenComparing(w -> w))
                .toList();
    }

    /** The remedy sentence; {@code otherwise} where nothing is near. */
    static String remedy(String typed, Collection<String> words, String otherwise) {
        List<String> near = near(typed, words);
        return near.isEmpty() ? otherwise : "Did you mean \"" + String.join("\" or \"", near) + "\"?";
    }

    /** Edits (insert, delete, replace) from one word to the other. */
    static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
