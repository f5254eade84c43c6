package io.telepresence.manager.webhook;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.telepresence.manager.inject.InjectorSettings;
import io.telepresence.manager.keys.OwnSecret;
import io.telepresence.manager.keys.SecretApi;
import io.telepresence.manager.webhook.WebhookObjects.Registration;
import io.telepresence.run.Threads;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pairs of certificate and key that the webhook has, and which one it shows: that whose authority the API server is told
 * to believe. Each rendering of the chart without the cluster's help makes another one, and Secret, mounted files and
 * registration change at different times; so earlier pairs are kept, in the manager's own Secret, until the registration
 * names them no more. Reading is thread-safe.
 *
 * <p>Rights that it needs, all optional: get and watch of its own mutatingwebhookconfiguration; get of the chart's
 * Secret, get and update of {@link OwnSecret#NAME}. Without them the mounted files alone count.
 */
public final class WebhookKeys implements AutoCloseable {
    /** Also in the Secret: what is shown, what is mounted, and one more. */
    static final int MOST = 3;
    /** API servers hear of a new registration one after the other; until then the path before is good as well. */
    static final Duration LAG = Duration.ofMinutes(1);

    private static final Logger LOG = LoggerFactory.getLogger(WebhookKeys.class);
    private static final int FORBIDDEN = 403;
    private static final Duration WATCHING = Duration.ofSeconds(30);
    private static final Duration NOT_WATCHING = Duration.ofSeconds(10);

    /** From where pairs come. */
    record Sources(WebhookObjects cluster, OwnSecret own, Path mounted) {}

    /**
     * What the webhook does now.
     *
     * @param path that the API server calls, and before, until {@code sinceNanos} is {@link #LAG} ago, the other one
     * @param trouble one sentence; empty: none
     */
    private record Shown(WebhookPair pair, String path, String before, long sinceNanos, String trouble) {}

    /** How the API server calls, as far as that is known now. */
    private record Heard(Optional<Registration> registration) {
        boolean names(WebhookPair pair) {
            return registration.filter(r -> pair.isOf(r.authority())).isPresent();
        }
    }

    private final Sources sources;
    private final InjectorSettings.Hook hook;
    private final LongSupplier nanos;
    private final BlockingQueue<Boolean> asked = new ArrayBlockingQueue<>(1);
    private volatile Map<String, WebhookPair> known = Map.of();
    private volatile Shown shown;
    private Thread thread;

    WebhookKeys(Sources sources, InjectorSettings.Hook hook, LongSupplier nanos)
            throws IOException, GeneralSecurityException {
        this.sources = sources;
        this.hook = hook;
        this.nanos = nanos;
        look();
        if (shown == null) {
            WebhookPair.read(sources.mounted());
            throw new IOException("there is no certificate for the webhook");
        }
    }

    /**
     * Looks at once, and then at each change of the registration.
     *
     * @param namespace of the manager
     * @param mounted where the chart's Secret is
     * @throws IOException there is no pair, and no file in the directory; GeneralSecurityException or one cannot be read
     */
    public static WebhookKeys open(KubernetesClient client, String namespace, InjectorSettings.Hook hook, Path mounted)
            throws IOException, GeneralSecurityException {
        SecretApi secrets = SecretApi.of(client, namespace);
        WebhookKeys keys = new WebhookKeys(
                new Sources(new ClusterWebhookObjects(client, secrets, hook), new OwnSecret(secrets), mounted),
                hook,
                System::nanoTime);
        keys.thread = Threads.virtual("webhook-keys", keys::run);
        return keys;
    }

    WebhookPair pair() {
        return shown.pair();
    }

    /** The one that was shown as a handshake began; another one if that is not known any more. */
    WebhookPair pair(String id) {
        return known.getOrDefault(id, shown.pair());
    }

    /** Whether the test takes the path by which the API server calls. */
    boolean called(Predicate<String> is) {
        Shown now = shown;
        boolean late = !now.before().isEmpty() && nanos.getAsLong() - now.sinceNanos() < LAG.toNanos();
        return is.test(now.path()) || late && is.test(now.before());
    }

    /** The text without the secret of the path, for people. */
    String masked(String text) {
        Shown now = shown;
        String masked = text.replace(now.pair().path(), "…").replace(secret(now.path()), "…");
        return now.before().isEmpty() ? masked : masked.replace(secret(now.before()), "…");
    }

    private static String secret(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** Why the API server cannot believe the webhook, in one sentence; empty: it can, as far as is known. */
    String trouble() {
        return shown.trouble();
    }

    @Override
    public void close() {
        thread.interrupt();
    }

    private void run() {
        AtomicReference<AutoCloseable> watch = new AtomicReference<>();
        try {
            while (!Thread.currentThread().isInterrupted()) {
                if (watch.get() == null) {
                    watch(watch);
                }
                Duration pause = watch.get() == null ? NOT_WATCHING : WATCHING;
                asked.poll(pause.toMillis(), TimeUnit.MILLISECONDS);
                lookSafely();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            close(watch.get());
        }
    }

    private void lookSafely() {
        try {
            look();
        } catch (RuntimeException e) {
            LOG.warn("the webhook's keys stay as they are", e);
        }
    }

    private void watch(AtomicReference<AutoCloseable> watch) {
        try {
            AtomicBoolean over = new AtomicBoolean();
            watch.set(sources.cluster().watch(this::ask, () -> {
                over.set(true);
                watch.set(null);
                ask();
            }));
            if (over.get()) {
                watch.set(null);
            }
        } catch (RuntimeException e) {
            LOG.debug("the webhook's registration cannot be watched: {}", e.toString());
        }
    }

    private static void close(AutoCloseable watch) {
        try {
            if (watch != null) {
                watch.close();
            }
        } catch (Exception e) {
            LOG.debug("closing the watch of the webhook's registration", e);
        }
    }

    private void ask() {
        asked.offer(true);
    }

    /** Looks once. */
    void look() {
        Heard heard = hear();
        if (heard == null) {
            return;
        }
        Map<String, WebhookPair> found = new LinkedHashMap<>(known);
        Optional<WebhookPair> mounted = mounted();
        mounted.ifPresent(pair -> found.put(pair.id(), pair));
        if (heard.registration().isPresent() && found.values().stream().noneMatch(heard::names)) {
            rendered().ifPresent(pair -> found.put(pair.id(), pair));
        }
        String first = mounted.map(WebhookPair::id).orElse("");
        known = Map.copyOf(WebhookPair.stored(sources.own().change(before -> {
            Map<String, WebhookPair> all = WebhookPair.stored(before);
            all.putAll(found);
            return WebhookPair.store(before, best(all.values(), heard, first));
        })));
        List<WebhookPair> best = best(known.values(), heard, first);
        if (!best.isEmpty()) {
            show(best.getFirst(), heard);
        }
    }

    /** @return null: the API server does not say, and something is shown already */
    private Heard hear() {
        try {
            return new Heard(sources.cluster().registration());
        } catch (KubernetesClientException e) {
            if (shown == null || e.getCode() == FORBIDDEN) {
                return new Heard(Optional.empty());
            }
            LOG.debug("the webhook's registration cannot be read: {}", e.getMessage());
            return null;
        }
    }

    private Optional<WebhookPair> mounted() {
        try {
            return Optional.of(WebhookPair.read(sources.mounted()));
        } catch (IOException | GeneralSecurityException e) {
            LOG.debug("the webhook's mounted certificate cannot be read: {}", e.toString());
            return Optional.empty();
        }
    }

    private Optional<WebhookPair> rendered() {
        try {
            return Optional.of(WebhookPair.of(sources.cluster().rendered()));
        } catch (KubernetesClientException | GeneralSecurityException e) {
            LOG.debug("the Secret {} cannot be read: {}", hook.secret(), e.getMessage());
            return Optional.empty();
        }
    }

    /** What the API server believes, then what is mounted, then what is newest. */
    private static List<WebhookPair> best(Collection<WebhookPair> pairs, Heard heard, String mounted) {
        return pairs.stream()
                .sorted(Comparator.comparing((WebhookPair pair) -> !heard.names(pair))
                        .thenComparing(pair -> !pair.id().equals(mounted))
                        .thenComparing(WebhookPair::issued, Comparator.reverseOrder())
                        .thenComparing(WebhookPair::id))
                .limit(MOST)
                .toList();
    }

    private void show(WebhookPair pair, Heard heard) {
        Shown last = shown;
        String path = heard.registration()
                .map(Registration::path)
                .filter(p -> secret(p).length() >= WebhookPair.LEAST_PATH)
                .orElse(hook.path().replaceFirst("/$", "") + "/" + pair.path());
        String trouble = heard.registration().isEmpty() || heard.names(pair)
                ? ""
                : "MutatingWebhookConfiguration " + hook.name()
                        + " names an authority that signed no certificate of this"
                        + " traffic-manager: apply the Secret " + hook.secret() + " of the same rendering of the chart";
        boolean moved = last != null && !last.path().equals(path);
        String before = last == null ? "" : moved ? last.path() : last.before();
        long since = last == null || moved ? nanos.getAsLong() : last.sinceNanos();
        if (last != null && !last.pair().id().equals(pair.id())) {
            LOG.info("the webhook shows another certificate");
        }
        if (!trouble.isEmpty() && (last == null || last.trouble().isEmpty())) {
            LOG.warn("{}", trouble);
        }
        shown = new Shown(pair, path, before, since, trouble);
    }
}
