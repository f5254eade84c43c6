package io.telepresence.cli.output;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What others wrote does nothing to the terminal, in whatever way it is printed. */
class ControlCharactersTest {
    private static final String EVIL = "a\u001b[2J\r\u009b1m\u202e\u2028\u0007b";
    private static final String SHOWN = "a\\x1b[2J\\r\\x9b1m\\u202e\\u2028\\x07b";

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(bytes, true, UTF_8);

    private String printed() {
        return bytes.toString(UTF_8);
    }

    @ParameterizedTest
    @EnumSource(Format.class)
    void ofACommand(Format format) {
        Output output = new Output(format, out, out);
        output.line(EVIL);
        output.warn(EVIL);
        output.object(Map.of(EVIL, List.of(EVIL)));
        output.finish("telepresence list", "list", EVIL);
        output.item(Map.of(EVIL, EVIL));
        output.document(EVIL);
        for (char c : "\u001b\r\u009b\u202e\u2028\u0007".toCharArray()) {
            assertEquals(-1, printed().indexOf(c), () -> printed());
        }
        assertFalse(printed().isEmpty());
    }

    @Test
    void linesKeepTheirBreaksAndTabs() {
        Output output = new Output(Format.DEFAULT, out, out);
        output.line("one\n\ttwo " + EVIL);
        assertEquals("one\n\ttwo " + SHOWN + "\n", printed());
    }

    @Test
    void aCellIsOneLine() {
        Table table = new Table("");
        table.row("x", "forged\nrow");
        table.row("yy", "z");
        assertEquals(List.of("x   forged\\nrow", "yy  z"), table.lines());
    }

    @Test
    void progress() {
        new Tty(out, () -> 0, 80).milestone(EVIL);
        new Tty(out, () -> 0, 80).step(EVIL);
        Progress.plain(out).milestone(EVIL);
        assertEquals(3, printed().split(java.util.regex.Pattern.quote(SHOWN), -1).length - 1, this::printed);
    }

    @Test
    void structuredTextIsStillTheSameText() {
        assertEquals(
                "\"a\\u001b\\u009b\\u202e \ud83d\ude00 \\udb40\\udc41\"",
                JsonWriter.of("a\u001b\u009b\u202e \ud83d\ude00 \udb40\udc41"));
        assertEquals("\"a\\u009b\"\n", YamlWriter.of("a\u009b"));
    }
}
