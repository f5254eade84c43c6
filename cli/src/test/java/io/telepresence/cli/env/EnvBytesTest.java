package io.telepresence.cli.env;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EnvBytesTest {
    @Test
    void everyByteComesBack() {
        Random random = new Random(7);
        for (int i = 0; i < 2000; i++) {
            byte[] value = new byte[random.nextInt(12)];
            random.nextBytes(value);
            assertArrayEquals(value, EnvBytes.bytes(EnvBytes.text(value)));
        }
        byte[] surrogates = {
            (byte) 0xed, (byte) 0xa0, (byte) 0x80, 'a', (byte) 0xed, (byte) 0xb2, (byte) 0x80, (byte) 0xf0
        };
        assertArrayEquals(surrogates, EnvBytes.bytes(EnvBytes.text(surrogates)));
    }

    @Test
    void textIsText() {
        for (String text : new String[] {"", "jürgen", "\ud83d\ude00 \ud83d\udc80", "a\nb"}) {
            assertEquals(text, EnvBytes.text(text.getBytes(StandardCharsets.UTF_8)));
            assertArrayEquals(text.getBytes(StandardCharsets.UTF_8), EnvBytes.bytes(text));
            assertTrue(EnvBytes.isText(text));
        }
        String odd = EnvBytes.text(new byte[] {'a', (byte) 0xff});
        assertFalse(EnvBytes.isText(odd));
        assertEquals("a\ufffd", EnvBytes.shown(odd));
    }

    @Test
    void aFileHasTheBytes(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("x.env");
        new EnvFile(file, EnvSyntax.DOCKER).write(Map.of("A", EnvBytes.text(new byte[] {(byte) 0xff})));
        assertArrayEquals(new byte[] {'A', '=', (byte) 0xff, '\n'}, Files.readAllBytes(file));
    }

    @Test
    void packedVariablesAreAllThereInPieces() {
        String large = "x".repeat(100_000);
        Map<String, String> packed = PackedEnvironment.of(new TreeMap<>(Map.of("A", large, "b c", "1\n")));
        assertEquals(3, packed.size());
        String text = String.join("", packed.values());
        assertEquals(
                "A=" + large + "\0b c=1\n\0", new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8));
    }
}
