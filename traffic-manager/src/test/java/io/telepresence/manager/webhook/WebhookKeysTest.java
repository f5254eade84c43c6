package io.telepresence.manager.webhook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.manager.keys.OwnSecret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The chart is rendered anew, and its objects are applied in any order: the API server believes what the webhook shows. */
class WebhookKeysTest {
    @TempDir
    Path scratch;

    private TestPairs cluster;
    private Map<String, byte[]> one;
    private Map<String, byte[]> two;

    @BeforeEach
    void install() throws Exception {
        cluster = new TestPairs(Files.createDirectory(scratch.resolve("mounted")));
        one = TestPairs.render(scratch, 'a');
        two = TestPairs.render(scratch, 'b');
        cluster.rendered = one;
        cluster.mount(one);
        cluster.register(one);
    }

    private static void shows(Map<String, byte[]> wanted, WebhookKeys keys) {
        assertTrue(keys.pair().isOf(wanted.get("ca.crt")));
        assertEquals("", keys.trouble());
        assertTrue(knows(keys, path(wanted)));
    }

    private static String path(Map<String, byte[]> made) {
        return "/traffic-agent/" + new String(made.get("path"));
    }

    private static boolean knows(WebhookKeys keys, String path) {
        return new WebhookPath(keys).is(path + "?timeout=5s");
    }

    @Test
    void theSecretIsAppliedBeforeTheRegistrationAndMountedMuchLater() throws Exception {
        WebhookKeys keys = cluster.start();
        shows(one, keys);
        cluster.rendered = two;
        keys.look();
        shows(one, keys);
        assertFalse(knows(keys, path(two)));
        cluster.register(two);
        keys.look();
        shows(two, keys);
        cluster.mount(two);
        keys.look();
        shows(two, keys);
    }

    @Test
    void theRegistrationMayNameSeveralAuthorities() throws Exception {
        WebhookKeys keys = cluster.start();
        byte[] both = (new String(one.get("ca.crt")).strip() + "\n\n" + new String(two.get("ca.crt"))).getBytes();
        cluster.registration = new WebhookObjects.Registration(both, path(one));
        keys.look();
        shows(one, keys);
        cluster.registration = new WebhookObjects.Registration(two.get("ca.crt"), path(two));
        keys.look();
        assertFalse(keys.trouble().isEmpty(), "another one's alone");
    }

    @Test
    void theMountedFilesChangeBeforeTheRegistration() throws Exception {
        WebhookKeys keys = cluster.start();
        cluster.rendered = two;
        cluster.mount(two);
        keys.look();
        shows(one, keys);
    }

    @Test
    void theRegistrationIsAppliedAlone() throws Exception {
        WebhookKeys keys = cluster.start();
        cluster.register(two);
        keys.look();
        assertTrue(keys.trouble().contains("apply the Secret mutator-webhook-tls"), keys.trouble());
        cluster.rendered = two;
        keys.look();
        shows(two, keys);
    }

    /** The registration stays at the first rendering, however often only the Secret is applied. */
    @Test
    void anotherManagerFindsWhatTheOneBeforeHad() throws Exception {
        cluster.start();
        for (char letter = 'c'; letter < 'h'; letter++) {
            Map<String, byte[]> next = TestPairs.render(scratch, letter);
            cluster.rendered = next;
            cluster.mount(next);
            shows(one, cluster.start());
        }
        assertTrue(stored().size() <= 4 * WebhookKeys.MOST, stored().toString());
    }

    private Map<String, byte[]> stored() {
        return OwnSecret.entries(cluster.secrets.get(OwnSecret.NAME).orElseThrow());
    }

    @Test
    void theChartsSecretIsGone() throws Exception {
        cluster.start();
        cluster.rendered = Map.of();
        try (Stream<Path> files = Files.list(cluster.mounted)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        shows(one, cluster.start());
        cluster.secrets.delete(OwnSecret.NAME);
        assertThrows(IOException.class, cluster::start);
    }

    @Test
    void theOwnSecretIsGoneAndComesBack() throws Exception {
        WebhookKeys keys = cluster.start();
        cluster.rendered = two;
        cluster.mount(two);
        keys.look();
        cluster.secrets.delete(OwnSecret.NAME);
        keys.look();
        shows(one, keys);
        cluster.secrets.withEmpty(OwnSecret.NAME);
        keys.look();
        shows(one, cluster.start());
    }

    @Test
    void brokenEntriesInTheOwnSecretAreLeftOut() throws Exception {
        cluster.start();
        new OwnSecret(cluster.secrets).change(entries -> {
            entries.keySet().stream()
                    .filter(name -> name.endsWith(".tls.key"))
                    .forEach(name -> entries.put(name, new byte[] {1}));
            entries.put("webhook-x.ca.crt", new byte[0]);
            entries.put("another", new byte[] {7});
            return entries;
        });
        shows(one, cluster.start());
        assertTrue(stored().containsKey("another"));
        assertFalse(stored().containsKey("webhook-x.ca.crt"));
    }

    @Test
    void whereNothingMayBeAskedTheMountedFilesCount() throws Exception {
        cluster.refusal = 403;
        cluster.secrets.refusal = 403;
        WebhookKeys keys = cluster.start();
        shows(one, keys);
        cluster.mount(two);
        keys.look();
        shows(two, keys);
    }

    @Test
    void anApiServerThatIsAwayChangesNothing() throws Exception {
        WebhookKeys keys = cluster.start();
        cluster.refusal = 500;
        cluster.mount(two);
        keys.look();
        shows(one, keys);
    }

    @Test
    void thePathBeforeIsGoodAsLongAsApiServersMayNotHaveHeard() throws Exception {
        WebhookKeys keys = cluster.start();
        cluster.rendered = two;
        cluster.register(two);
        keys.look();
        assertTrue(knows(keys, path(one)));
        cluster.nanos.addAndGet(WebhookKeys.LAG.toNanos() - 1);
        keys.look();
        assertTrue(knows(keys, path(one)));
        assertEquals("calls … and …", keys.masked("calls " + "a".repeat(32) + " and " + "b".repeat(32)));
        cluster.nanos.addAndGet(1);
        assertFalse(knows(keys, path(one)));
        assertTrue(knows(keys, path(two)));
    }

    @Test
    void aPathThatIsNoSecretIsNotTaken() throws Exception {
        cluster.registration = new WebhookObjects.Registration(one.get("ca.crt"), "/traffic-agent");
        WebhookKeys keys = cluster.start();
        assertFalse(knows(keys, "/traffic-agent"));
        assertTrue(knows(keys, path(one)));
    }

    @Test
    void theOwnSecretIsWrittenOnlyWhenThereIsSomethingNew() throws Exception {
        WebhookKeys keys = cluster.start();
        keys.look();
        keys.look();
        assertEquals(1, cluster.secrets.updates);
        assertEquals(
                stored().keySet(),
                new OwnSecret(cluster.secrets).change(UnaryOperator.identity()).keySet());
    }
}
