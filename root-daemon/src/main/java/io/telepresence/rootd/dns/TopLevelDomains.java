package io.telepresence.rootd.dns;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.stream.Collectors;

/** The top-level domains of the public DNS, as IANA listed them when this program was made. Read at the first question. */
final class TopLevelDomains {
    private static final Set<String> ALL = read();

    private TopLevelDomains() {}

    /** @param label in lower case; internationalized ones as {@code xn--…} */
    static boolean contains(String label) {
        return ALL.contains(label);
    }

    private static Set<String> read() {
        try (InputStream list = TopLevelDomains.class.getResourceAsStream("top-level-domains.txt")) {
            return new String(list.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .flatMap(line -> Set.of(line.split(" ")).stream())
                    .collect(Collectors.toUnmodifiableSet());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
