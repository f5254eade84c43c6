package io.telepresence.manager.lifecycle;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.fault.FaultStatus;
import io.telepresence.manager.cluster.KubernetesWorkload;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.inject.InjectorSettings;
import io.telepresence.manager.inject.SidecarForm;
import io.telepresence.manager.inject.SidecarInjector;
import io.telepresence.manager.rollout.AgentInstaller;
import io.telepresence.manager.rollout.ClusterPods;
import io.telepresence.manager.rollout.OrphanedPods;
import io.telepresence.manager.rollout.PodApi;
import io.telepresence.manager.rollout.PodOwners;
import io.telepresence.manager.rollout.PodRollout;
import io.telepresence.manager.rollout.PodTurns;
import io.telepresence.manager.rollout.Rollouts;
import io.telepresence.manager.rollout.WorkloadPods;
import io.telepresence.manager.sidecar.DesiredConfig;
import io.telepresence.manager.sidecar.DesiredSidecars;
import io.telepresence.manager.webhook.Admission;
import io.telepresence.manager.webhook.InjectionPolicy;
import io.telepresence.manager.webhook.JobRules;
import io.telepresence.manager.webhook.Webhook;
import io.telepresence.manager.webhook.WebhookKeys;
import io.telepresence.manager.webhook.WebhookSelfTest;
import io.telepresence.run.Closers;
import io.telepresence.run.Threads;
import io.telepresence.run.Watched;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The running injector: webhook, its self-check, and one replacement of pods at a time per workload. Thread-safe. At
 * its start it finishes the replacements that an earlier manager had begun.
 */
public final class Injection implements AgentInstaller, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Injection.class);

    /** Where the chart's Secret of the webhook is mounted. */
    private static final Path TLS = Path.of("/var/run/secrets/tls");

    private final InjectorSettings settings;
    private final InjectionRefusals refusals;
    private final SidecarInjector change;
    private final WorkloadPods cluster;
    private final Rollouts rollouts;
    private final Watched<String> trouble = new Watched<>("");
    private final Running running = new Running();

    /** What was started. */
    private static final class Running {
        final Closers opened = new Closers();
        WebhookSelfTest check;
    }

    private Injection(InjectorSettings settings, InjectionPolicy rules, WorkloadPods cluster, PodRollout rollout) {
        this.settings = settings;
        this.refusals = new InjectionRefusals(rules, cluster, settings.enabled());
        this.change = new SidecarInjector(settings.sidecar());
        this.cluster = cluster;
        this.rollouts = new Rollouts(rollout, change::serves, this::past, this::failed);
    }

    /**
     * Starts everything. The client stays the caller's.
     *
     * @param workloads from watches, which have their first lists
     * @param arrival how long an agent may take to arrive; new pods get four times that to become ready
     */
    public static Injection open(
            KubernetesClient client,
            InjectorSettings settings,
            Duration arrival,
            DesiredSidecars desired,
            Workloads workloads)
            throws Exception {
        PodOwners owners = new PodOwners(client, settings.scope().kinds());
        PodTurns turns = new PodTurns(workloads, new PodApi(client), InstantSource.system());
        WorkloadPods cluster = new ClusterPods(client, owners, turns::announce);
        PodRollout.Limits limits = PodRollout.Limits.of(arrival);
        JobRules jobs = new JobRules(settings.sidecar().forms().usual() == SidecarForm.NATIVE);
        InjectionPolicy rules = new InjectionPolicy(
                settings.scope(),
                settings.whenEnabled(),
                jobs,
                owner -> desired.desired(owner.workload(), owner.uid()));
        Injection injection = new Injection(settings, rules, cluster, new PodRollout(cluster, limits));
        try {
            if (settings.enabled()) {
                injection.listen(client, new Admission(rules, injection.change, owners::of, desired::configFor, turns));
                injection.running.opened.add(turns.start());
            }
            injection.finishOrphans(client, new OrphanedPods(cluster, limits));
            return injection;
        } catch (Exception e) {
            injection.running.opened.closeAfter(e);
            throw e;
        }
    }

    @Override
    public void ensure(WorkloadRef workload, DesiredConfig wish, Consumer<String> progress)
            throws FaultException, InterruptedException {
        try {
            if (wish.now().isPresent()) {
                refusals.check(workload);
                awaitFirstCall(workload, wish);
            }
            if (settings.enabled() && !workload.batch()) {
                rollouts.start(workload, wish, progress).get();
            }
        } catch (KubernetesClientException e) {
            throw unanswered(workload, e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof KubernetesClientException cause) {
                throw unanswered(workload, cause);
            }
            throw e.getCause() instanceof FaultException fault
                    ? fault
                    : FaultStatus.of(e.getCause()).exception(e.getCause());
        }
    }

    /** Where pods are to be born with an agent, soon after our start. */
    private void awaitFirstCall(WorkloadRef workload, DesiredConfig wish) throws InterruptedException {
        if (running.check != null
                && running.check.first().pending()
                && !cluster.pods(workload).stream().allMatch(rollouts.upToDate(wish))) {
            running.check.first().await();
        }
    }

    @Override
    public boolean settled(WorkloadRef workload, DesiredConfig wish) throws FaultException {
        try {
            return !settings.enabled()
                    || workload.batch()
                    || !rollouts.busy(workload)
                            && cluster.pods(workload).stream().allMatch(rollouts.upToDate(wish));
        } catch (KubernetesClientException e) {
            throw unanswered(workload, e);
        }
    }

    @Override
    public Optional<String> obstacle(KubernetesWorkload workload) {
        return refusals.obstacle(workload);
    }

    @Override
    public boolean busy(WorkloadRef workload) {
        return rollouts.busy(workload);
    }

    @Override
    public Optional<Fault> failure(WorkloadRef workload) {
        return rollouts.failure(workload);
    }

    private Fault past(WorkloadRef workload) {
        return Fault.unreachable(
                "a new pod of " + workload + " got no traffic-agent: the API server did not call the agent injector",
                "Check MutatingWebhookConfiguration " + settings.hook().name() + " and its Service");
    }

    private void failed() {
        if (running.check != null) {
            running.check.ask();
        }
    }

    private static FaultException unanswered(WorkloadRef workload, KubernetesClientException e) {
        return Fault.unreachable("the traffic-manager cannot ask the API server about " + workload, "")
                .exception(e);
    }

    @Override
    public Watched<String> trouble() {
        return trouble;
    }

    @Override
    public void close() throws Exception {
        running.opened.close();
    }

    private void listen(KubernetesClient client, Admission admission) throws Exception {
        InjectorSettings.Hook hook = settings.hook();
        WebhookKeys keys =
                running.opened.add(WebhookKeys.open(client, settings.scope().managerNamespace(), hook, TLS));
        InetSocketAddress at = new InetSocketAddress(hook.port());
        running.opened.add(Webhook.open(at, keys, hook.within(), admission::review));
        running.check = running.opened.add(WebhookSelfTest.open(client, settings, keys, trouble));
    }

    private void finishOrphans(KubernetesClient client, OrphanedPods replaced) {
        Threads.virtual("orphans", () -> {
            try {
                List<Pod> orphans = patiently(
                        () -> OrphanedPods.find(client, settings.scope().namespaces()));
                for (Pod pod : orphans) {
                    Threads.virtual("orphan-" + pod.getMetadata().getName(), () -> finish(replaced, pod));
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private static void finish(OrphanedPods replaced, Pod pod) {
        try {
            patiently(() -> {
                replaced.finish(pod);
                return pod;
            });
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private interface Call<T> {
        T run() throws InterruptedException;
    }

    /** Again and again until the API server answers. */
    private static <T> T patiently(Call<T> call) throws InterruptedException {
        while (true) {
            try {
                return call.run();
            } catch (KubernetesClientException e) {
                LOG.info("the pods of an earlier replacement wait for the API server", e);
                Thread.sleep(Duration.ofSeconds(5));
            }
        }
    }
}
