package io.telepresence.e2e.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The file that tells {@code scripts/test} which end-to-end class runs where: no class is forgotten. */
class ClassSetsTest {
    @Test
    void everyClassHasItsPlaceOnce() throws IOException {
        try (Stream<Path> sources = Files.walk(Project.root().resolve("cli/src/test/java/io/telepresence/e2e"))) {
            List<String> there = sources.map(p -> p.getFileName().toString())
                    .filter(name -> name.endsWith("IT.java"))
                    .map(name -> name.replace(".java", ""))
                    .sorted()
                    .toList();
            assertEquals(there, lines().stream().map(words -> words[0]).sorted().toList());
        }
    }

    @Test
    void whatDoesNotRunEachTimeHasAReason() throws IOException {
        for (String[] words : lines()) {
            boolean eachTime = List.of("both", "today", "docker").contains(words[1]);
            assertTrue(eachTime || words[1].equals("all") && words.length > 5, String.join(" ", words));
        }
    }

    private static List<String[]> lines() throws IOException {
        return Files.readAllLines(Project.root().resolve("scripts/lib/test/classes")).stream()
                .filter(line -> !line.startsWith("#") && !line.isBlank())
                .map(line -> line.split("\\s+"))
                .toList();
    }
}
