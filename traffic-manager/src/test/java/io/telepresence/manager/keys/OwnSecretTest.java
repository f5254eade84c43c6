package io.telepresence.manager.keys;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** The manager's own Secret, under two managers and under those who take it away. */
class OwnSecretTest {
    private final FakeSecrets server = new FakeSecrets().withEmpty(OwnSecret.NAME);
    private final OwnSecret own = new OwnSecret(server);

    private static UnaryOperator<Map<String, byte[]>> adding(String name) {
        return before -> {
            Map<String, byte[]> after = new TreeMap<>(before);
            after.put(name, new byte[] {1, 2});
            return after;
        };
    }

    private Set<String> stored() {
        return OwnSecret.entries(server.get(OwnSecret.NAME).orElseThrow()).keySet();
    }

    @Test
    void whatIsWrittenIsThereForTheNextOne() {
        own.change(adding("a"));
        Map<String, byte[]> next = new OwnSecret(server).change(UnaryOperator.identity());
        assertArrayEquals(new byte[] {1, 2}, next.get("a"));
    }

    @Test
    void whatChangesNothingWritesNothing() {
        own.change(adding("a"));
        own.change(adding("a"));
        assertEquals(1, server.updates);
    }

    @Test
    void twoManagersKeepWhatTheOtherWrote() {
        server.meanwhile = () -> new OwnSecret(server).change(adding("b"));
        assertEquals(Set.of("a", "b"), own.change(adding("a")).keySet());
        assertEquals(Set.of("a", "b"), stored());
    }

    @Test
    void whereItCannotBeHadTheChangeIsInMemory() {
        for (int refusal : new int[] {403, 500}) {
            server.refusal = refusal;
            assertEquals(Set.of("a"), own.change(adding("a")).keySet());
        }
        server.refusal = 0;
        server.delete(OwnSecret.NAME);
        assertEquals(Set.of("a"), own.change(adding("a")).keySet());
        server.withEmpty(OwnSecret.NAME);
        own.change(adding("a"));
        assertEquals(Set.of("a"), stored());
    }

    @Test
    void itIsTakenAwayWhileItIsWritten() {
        server.meanwhile = () -> server.delete(OwnSecret.NAME);
        assertEquals(Set.of("a"), own.change(adding("a")).keySet());
    }
}
