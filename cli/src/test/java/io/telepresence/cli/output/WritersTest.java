package io.telepresence.cli.output;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class WritersTest {
    private static Map<String, Object> tree() {
        Map<String, Object> inner = new LinkedHashMap<>();
        inner.put("list", List.of(1, List.of("a", "b"), Map.of("k", "v")));
        inner.put("none", List.of());
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("text", "say \"hi\"\n\\ \u0001");
        tree.put("inner", inner);
        tree.put("flag", true);
        tree.put("gone", null);
        return tree;
    }

    @Test
    void json() {
        assertEquals(
                "{\"text\":\"say \\\"hi\\\"\\n\\\\ \\u0001\",\"inner\":{\"list\":[1,[\"a\",\"b\"],{\"k\":\"v\"}],\"none\":[]},"
                        + "\"flag\":true,\"gone\":null}",
                JsonWriter.of(tree()));
        assertEquals("[{\"a\":1}]", JsonWriter.of(List.of(new JsonWriter.Raw("{\"a\":1}\n"))));
    }

    @Test
    void yaml() {
        assertEquals(
                """
                text: "say \\"hi\\"\\n\\\\ \\u0001"
                inner:
                  list:
                  - 1
                  - - a
                    - b
                  - k: v
                  none: []
                flag: true
                gone: null
                """,
                YamlWriter.of(tree()));
        assertEquals("[]\n", YamlWriter.of(new ArrayList<>()));
    }

    @ParameterizedTest
    @CsvSource({
        "plain, plain",
        "10.96.0.10, 10.96.0.10",
        "10.96.0.0/16, 10.96.0.0/16",
        "4s, 4s",
        "4, '\"4\"'",
        "1e3, '\"1e3\"'",
        "0x1f, '\"0x1f\"'",
        "12:30, '\"12:30\"'",
        "2026-01-01, '\"2026-01-01\"'",
        "Yes, '\"Yes\"'",
        "null, '\"null\"'",
        "'a: b', '\"a: b\"'",
        "'a #b', '\"a #b\"'",
        "'- a', '\"- a\"'",
        "*x, '\"*x\"'",
    })
    void yamlQuotesWhatCouldBeMisread(String text, String want) {
        assertEquals(want + "\n", YamlWriter.of(text));
    }

    @Test
    void keysStandUnderEachOther() {
        assertEquals(
                List.of("  A     : 1", "  Longer: two", "          lines", "  C     :", "    - x"),
                new KeyValues("  ")
                        .add("A", "1")
                        .add("Longer", "two\nlines")
                        .addIfSet("B", "")
                        .add("C", "", List.of("  - x"))
                        .lines());
    }
}
