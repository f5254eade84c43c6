package io.telepresence.manager.webhook;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.telepresence.manager.inject.InjectorSettings;
import io.telepresence.manager.keys.FakeSecrets;
import io.telepresence.manager.keys.OwnSecret;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/** Renderings of the chart, and where they are applied. */
final class TestPairs implements WebhookObjects {
    static final InjectorSettings.Hook HOOK = new InjectorSettings.Hook(
            "hook", "injector", "mutator-webhook-tls", 8443, "/traffic-agent", Duration.ofSeconds(4));

    final FakeSecrets secrets = new FakeSecrets().withEmpty(OwnSecret.NAME);
    final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1000);
    final Path mounted;
    Registration registration;
    Map<String, byte[]> rendered = Map.of();
    int refusal;

    TestPairs(Path mounted) {
        this.mounted = mounted;
    }

    /** What one rendering makes: its certificate is its own authority. */
    static Map<String, byte[]> render(Path scratch, char letter) throws Exception {
        Path directory = Files.createTempDirectory(scratch, "render");
        Process openssl = new ProcessBuilder(
                        ("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
                                        + " -days 2 -keyout tls.key -out tls.crt -subj /CN=webhook-" + letter)
                                .split(" "))
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        openssl.getInputStream().readAllBytes();
        assertEquals(0, openssl.waitFor());
        Map<String, byte[]> made = new HashMap<>();
        made.put("tls.crt", Files.readAllBytes(directory.resolve("tls.crt")));
        made.put("tls.key", Files.readAllBytes(directory.resolve("tls.key")));
        made.put("ca.crt", made.get("tls.crt"));
        made.put("path", ("" + letter).repeat(32).getBytes(StandardCharsets.US_ASCII));
        return made;
    }

    void mount(Map<String, byte[]> made) throws IOException {
        for (Map.Entry<String, byte[]> file : made.entrySet()) {
            Files.write(mounted.resolve(file.getKey()), file.getValue());
        }
    }

    void register(Map<String, byte[]> made) {
        registration = new Registration(
                made.get("ca.crt"), "/traffic-agent/" + new String(made.get("path"), StandardCharsets.US_ASCII));
    }

    /** A manager that starts now. */
    WebhookKeys start() throws Exception {
        return new WebhookKeys(new WebhookKeys.Sources(this, new OwnSecret(secrets), mounted), HOOK, nanos::get);
    }

    @Override
    public Optional<Registration> registration() {
        if (refusal != 0) {
            throw new KubernetesClientException("refused", refusal, null);
        }
        return Optional.ofNullable(registration);
    }

    @Override
    public Map<String, byte[]> rendered() {
        if (refusal != 0) {
            throw new KubernetesClientException("refused", refusal, null);
        }
        return rendered;
    }

    @Override
    public AutoCloseable watch(Runnable changed, Runnable over) {
        return () -> {};
    }
}
