package io.telepresence.cli.docker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.cli.env.EnvBytes;
import io.telepresence.cli.env.PackedEnvironment;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ContainerEnvironmentTest {
    private static Map<String, String> lines(ContainerEnvironment environment) throws IOException {
        Map<String, String> lines = new TreeMap<>();
        for (String line : Files.readAllLines(environment.file())) {
            int equals = line.indexOf('=');
            lines.put(line.substring(0, equals), line.substring(equals + 1));
        }
        return lines;
    }

    /** What docker's own file cannot say comes to the container's first process, and never to a process here. */
    @Test
    void anyVariableReachesTheContainer() throws IOException {
        Map<String, String> odd = new TreeMap<>(Map.of(
                "DOCKER_HOST", "tcp://evil\n",
                "two words", "1",
                "#x", "2",
                "BYTES", EnvBytes.text(new byte[] {(byte) 0xff, 'a'}),
                "CR", "a\rb"));
        Map<String, String> all = new TreeMap<>(odd);
        Map<String, String> plain = Map.of("a.b", "1", "UTF", "j\u00fcrgen", "E", "", "S", " a # b ");
        all.putAll(plain);
        try (ContainerEnvironment environment = ContainerEnvironment.of(all)) {
            assertTrue(environment.packed());
            Map<String, String> file = lines(environment);
            PackedEnvironment.of(odd).forEach((name, value) -> assertEquals(value, file.remove(name)));
            Map<String, String> rest = new TreeMap<>(plain);
            rest.putAll(Map.of(
                    "DOCKER_HOST",
                    PackedEnvironment.MARK,
                    "BYTES",
                    PackedEnvironment.MARK,
                    "CR",
                    PackedEnvironment.MARK));
            assertEquals(rest, file);
        }
    }

    @Test
    void anOrdinaryOneNeedsNobody() throws IOException {
        try (ContainerEnvironment environment = ContainerEnvironment.of(Map.of("A", "1"))) {
            assertFalse(environment.packed());
            assertEquals(Map.of("A", "1"), lines(environment));
        }
    }
}
