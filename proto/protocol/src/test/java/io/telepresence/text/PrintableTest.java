package io.telepresence.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class PrintableTest {
    @Test
    void whatActsOnATerminalIsShown() {
        assertEquals("a\\x1b[2Jb\\x07", Printable.line("a\u001b[2Jb\u0007"));
        assertEquals("one\\ntwo\\r\\tthree\\x7f", Printable.line("one\ntwo\r\tthree\u007f"));
        assertEquals("\\x9b31m\\u202e\\u2028\\u200b\\ufeff", Printable.line("\u009b31m\u202e\u2028\u200b\ufeff"));
        assertEquals("half \\ud83d of a pair", Printable.line("half \ud83d of a pair"));
        assertEquals("tag \\ue0041", Printable.line("tag " + Character.toString(0xe0041)));
        assertEquals("one\n\ttwo\\x1b", Printable.lines("one\n\ttwo\u001b"));
    }

    @Test
    void everythingElseStays() {
        for (String text : new String[] {"", "plain ~ text", "jürgen, 東京, \ud83d\ude00", "C:\\new"}) {
            assertSame(text, Printable.line(text));
            assertTrue(Printable.isLine(text));
        }
        assertFalse(Printable.isLine("a\nb"));
    }
}
