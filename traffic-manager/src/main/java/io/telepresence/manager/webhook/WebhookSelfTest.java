package io.telepresence.manager.webhook;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.telepresence.manager.cluster.Pods;
import io.telepresence.manager.inject.InjectorSettings;
import io.telepresence.run.Threads;
import io.telepresence.run.Watched;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out whether the API server reaches the webhook: it creates a pod as a dry run and looks for the mark that only
 * the webhook sets. Runs on a thread of its own at start, now and then, and when asked.
 */
public final class WebhookSelfTest implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WebhookSelfTest.class);

    /** Until then a failure at start is not told: this pod becomes an endpoint of its Service only once it is ready. */
    private static final Duration GRACE = Duration.ofSeconds(25);

    private static final Duration AT_START = Duration.ofMillis(500);
    private static final Duration SOON = Duration.ofSeconds(3);
    private static final Duration LATER = Duration.ofMinutes(5);

    private final KubernetesClient client;
    private final InjectorSettings settings;
    private final WebhookKeys keys;
    private final Watched<String> trouble;
    private final BlockingQueue<Boolean> asked = new ArrayBlockingQueue<>(1);
    private final FirstWebhookCall first = new FirstWebhookCall(GRACE);
    private Thread thread;

    private WebhookSelfTest(
            KubernetesClient client, InjectorSettings settings, WebhookKeys keys, Watched<String> trouble) {
        this.client = client;
        this.settings = settings;
        this.keys = keys;
        this.trouble = trouble;
    }

    public static WebhookSelfTest open(
            KubernetesClient client, InjectorSettings settings, WebhookKeys keys, Watched<String> trouble) {
        WebhookSelfTest check = new WebhookSelfTest(client, settings, keys, trouble);
        check.thread = Threads.virtual("webhook-check", check::run);
        return check;
    }

    /** Asks for a check soon; returns at once. */
    public void ask() {
        asked.offer(true);
    }

    /** Of this check's start. */
    public FirstWebhookCall first() {
        return first;
    }

    @Override
    public void close() {
        thread.interrupt();
    }

    private void run() {
        Instant patient = Instant.now().plus(GRACE);
        try {
            while (!Thread.currentThread().isInterrupted()) {
                String found = probe();
                if (found.isEmpty() || Instant.now().isAfter(patient)) {
                    tell(found);
                }
                if (found.isEmpty()) {
                    first.happened();
                }
                Duration pause = found.isEmpty() ? LATER : first.pending() ? AT_START : SOON;
                asked.poll(pause.toMillis(), TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void tell(String found) {
        if (!found.equals(trouble.get())) {
            LOG.info("webhook check: {}", found.isEmpty() ? "the API server reaches the webhook" : found);
        }
        trouble.set(found);
    }

    /** The trouble as a sentence; empty if there is none or if it cannot be known. */
    private String probe() {
        String mark = UUID.randomUUID().toString();
        try {
            Pod answer = client.pods()
                    .inNamespace(settings.scope().managerNamespace())
                    .resource(pod(mark))
                    .dryRun()
                    .create();
            return mark.equals(Pods.annotations(answer).get(Admission.ANSWER)) ? "" : unreached("");
        } catch (KubernetesClientException e) {
            String message = String.valueOf(e.getMessage());
            if (message.contains("failed calling webhook")
                    && message.contains(settings.hook().name())) {
                return unreached(
                        " (" + keys.masked(message.substring(message.indexOf("failed calling webhook"))) + ")");
            }
            LOG.debug("the way to the webhook cannot be checked: {}", keys.masked(message));
            return "";
        }
    }

    private String unreached(String detail) {
        String unknown = keys.trouble();
        if (!unknown.isEmpty()) {
            return unknown;
        }
        return "the API server does not reach the agent injector (MutatingWebhookConfiguration "
                + settings.hook().name() + ")" + detail + ": a firewall may block port "
                + settings.hook().port() + " from the control plane to the nodes; open it, choose another with "
                + "agentInjector.webhook.port, or set hostNetwork=true, which opens the traffic-manager to its whole node";
    }

    private Pod pod(String mark) {
        return new PodBuilder()
                .withNewMetadata()
                .withName("webhook-probe-" + mark.substring(0, 8))
                .addToLabels(Admission.PROBE, mark)
                .endMetadata()
                .withNewSpec()
                .withAutomountServiceAccountToken(false)
                .withNewSecurityContext()
                .withRunAsNonRoot(true)
                .withRunAsUser(1000L)
                .withNewSeccompProfile()
                .withType("RuntimeDefault")
                .endSeccompProfile()
                .endSecurityContext()
                .addNewContainer()
                .withName("probe")
                .withImage("webhook-probe")
                .withNewSecurityContext()
                .withAllowPrivilegeEscalation(false)
                .withNewCapabilities()
                .withDrop("ALL")
                .endCapabilities()
                .endSecurityContext()
                .endContainer()
                .endSpec()
                .build();
    }
}
