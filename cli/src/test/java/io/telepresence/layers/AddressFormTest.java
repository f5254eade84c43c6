package io.telepresence.layers;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** IPv6 addresses look the same everywhere: Java's own form, with all zeros, comes into no text. */
class AddressFormTest {
    private static final List<String> ALLOWED = List.of("AddressText.java");

    @Test
    void onlyAddressTextAsksJavaForTheTextOfAnAddress() throws IOException {
        List<String> others = new ArrayList<>();
        for (Path file : Classes.sources("/src/main/java/")) {
            if (!ALLOWED.contains(file.getFileName().toString())
                    && Files.readString(file).contains("getHostAddress")) {
                others.add(file.getFileName().toString());
            }
        }
        assertEquals(List.of(), others);
    }
}
