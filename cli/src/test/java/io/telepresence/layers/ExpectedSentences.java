package io.telepresence.layers;

import java.io.IOException;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.PseudoInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.StackInstruction;
import java.lang.classfile.instruction.StoreInstruction;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What end-to-end tests expect of commands that fail: the constants of {@code result.failed().says("…")}, and those that
 * begin as an error of the command line does. Fewer than three words are no sentence, and are not looked at.
 */
final class ExpectedSentences {
    private static final Pattern ERROR = Pattern.compile("(?s)(?:telepresence[a-z -]*: )?error: .*");
    private static final Pattern THREE_WORDS = Pattern.compile("(?s).*[a-z]{2,} .*[a-z]{2,} .*[a-z]{2,}.*");
    private static final Pattern WORDS = Pattern.compile("\\W+");
    private static final String RESULT = "Result";

    /** What kubectl, curl and the credential plugin of a test say. */
    private static final Set<String> OF_OTHERS = Set.of(
            "connect to server", "please log in first", "reset by peer", "unable to get local issuer certificate");

    private static final int ENOUGH = 12;
    private static final int NO_WAY = Integer.MIN_VALUE / 2;

    private ExpectedSentences() {}

    /** The expected texts, and the classes that expect them. */
    static Map<String, Set<String>> ofEndToEndTests() throws IOException {
        Map<String, Set<String>> expected = new TreeMap<>();
        for (ClassModel model : Classes.ofTests("cli", "io/telepresence/e2e")) {
            String name = model.thisClass().asInternalName();
            model.methods().forEach(method -> method.code().ifPresent(code -> collect(code, name, expected)));
        }
        return expected;
    }

    private static void collect(CodeModel code, String name, Map<String, Set<String>> expected) {
        boolean failed = false;
        Optional<String> last = Optional.empty();
        for (CodeElement element : code) {
            switch (element) {
                case InvokeInstruction call
                when call.owner().asInternalName().endsWith("/" + RESULT) -> {
                    if (call.name().equalsString("says") && failed) {
                        last.ifPresent(text -> add(text, name, expected));
                    }
                    failed |= call.name().equalsString("failed");
                    last = Optional.empty();
                }
                case PseudoInstruction _ -> {}
                case StackInstruction _, StoreInstruction _ -> failed = false;
                default -> {
                    Optional<String> text = Sentences.text(element);
                    text.filter(said -> ERROR.matcher(said).matches()).ifPresent(said -> add(said, name, expected));
                    last = text;
                }
            }
        }
    }

    /** Text and remedy are two sentences of the code, which the command line joins. */
    private static void add(String text, String name, Map<String, Set<String>> expected) {
        String said = ERROR.matcher(text).matches() ? text.substring(text.indexOf("error: ") + 7) : text;
        for (String part : said.split("\\. ")) {
            if (THREE_WORDS.matcher(part).matches() && !OF_OTHERS.contains(part)) {
                expected.computeIfAbsent(part.strip(), _ -> new TreeSet<>())
                        .add(name.substring(name.lastIndexOf('/') + 1));
            }
        }
    }

    /**
     * Whether the text is a part of the sentence, where a hole stands for anything. A dozen characters or more than half of
     * the text must be the sentence's own, else one that is nearly all holes would fit anything.
     */
    static boolean fits(String text, String sentence) {
        if (WORDS.splitAsStream(text).noneMatch(word -> word.length() > 3 && sentence.contains(word))) {
            return false;
        }
        // Cell j: how many characters of the text so far are the sentence's own, if the sentence goes on with its
        // character j.
        int[] row = new int[sentence.length() + 1];
        for (char each : text.toCharArray()) {
            int[] next = each == Sentences.HOLE ? anywhereFrom(row) : consume(each, row, sentence);
            for (int j = 0; j < sentence.length(); j++) {
                if (sentence.charAt(j) == Sentences.HOLE) {
                    next[j + 1] = Math.max(next[j + 1], next[j]);
                }
            }
            row = next;
        }
        int own = Arrays.stream(row).max().orElse(0);
        return own >= ENOUGH
                || own * 2 > text.chars().filter(each -> each != Sentences.HOLE).count();
    }

    private static int[] consume(char each, int[] row, String sentence) {
        int[] next = new int[row.length];
        Arrays.fill(next, NO_WAY);
        for (int j = 0; j < sentence.length(); j++) {
            if (sentence.charAt(j) == Sentences.HOLE) {
                next[j] = Math.max(next[j], row[j]);
            } else if (sentence.charAt(j) == each) {
                next[j + 1] = row[j] + 1;
            }
        }
        return next;
    }

    private static int[] anywhereFrom(int[] row) {
        int[] next = row.clone();
        for (int j = 1; j < next.length; j++) {
            next[j] = Math.max(next[j], next[j - 1]);
        }
        return next;
    }
}
