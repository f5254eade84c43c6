package io.telepresence.manager.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.EngagementOptions;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.engagement.EngagementState;
import io.telepresence.engagement.Port;
import io.telepresence.engagement.PortRequest;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.FakeCluster;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.engagement.EngagementRegistry;
import io.telepresence.manager.engagement.RegisteredEngagement;
import io.telepresence.manager.identity.Caller;
import io.telepresence.manager.readiness.AgentReadiness;
import io.telepresence.manager.readiness.PodProblems;
import io.telepresence.manager.rollout.AgentInstaller;
import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.SessionIds;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.manager.sidecar.DesiredConfig;
import io.telepresence.manager.sidecar.SidecarConfigs;
import io.telepresence.rpc.agent.AgentConfig;
import io.telepresence.run.Watched;
import io.telepresence.testing.FakeTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class CreateEngagementTest {
    private static final WorkloadRef ECHO = new WorkloadRef("Deployment", "default", "echo");
    private static final Duration LONG = Duration.ofSeconds(15);
    private static final Duration SHORT = Duration.ofMillis(50);
    private final FakeCluster cluster = new FakeCluster();
    private final Workloads workloads = cluster.workloads();
    private final FakeTime time = new FakeTime();
    private final SessionRegistry sessions = new SessionRegistry(time);
    private final List<String> ended = new CopyOnWriteArrayList<>();
    private final EngagementRegistry engagements = new EngagementRegistry(sessions, Duration.ofMinutes(10));
    private final SidecarConfigs sidecars = new SidecarConfigs(
            workloads, new SidecarConfigs.Settings("traffic-manager.ambassador", 8081, 9900, "INFO"), engagements);
    private final FakeInstaller installer = new FakeInstaller();
    private final List<PodProblems.Event> events = new CopyOnWriteArrayList<>();
    private final List<String> progress = new CopyOnWriteArrayList<>();
    private final ContainerRestorer restorer =
            ContainerRestorer.open(engagements, sidecars, workloads, installer, LONG);
    private final AgentReadiness wait = new AgentReadiness(workloads, sessions, _ -> _ -> events, installer);
    private final CreateEngagement createEngagement =
            CreateEngagementBench.create(engagements, sidecars, workloads, installer, wait, restorer, true);
    private final CreateEngagement careful =
            CreateEngagementBench.create(engagements, sidecars, workloads, installer, wait, restorer, false);
    private ClientSession ann;
    private ClientSession bob;

    /** Brings agents when it is told to, as the real one would by replacing pods. */
    private final class FakeInstaller implements AgentInstaller {
        final Watched<String> trouble = new Watched<>("");
        final List<AgentConfig> asked = new ArrayList<>();
        Runnable action = () -> {};

        @Override
        public void ensure(WorkloadRef workload, DesiredConfig wish, Consumer<String> told) {
            wish.now().ifPresent(config -> {
                assertTrue(sidecars.desired(workload), "the webhook must know before the pods come");
                asked.add(config);
                action.run();
            });
        }

        @Override
        public boolean settled(WorkloadRef workload, DesiredConfig wish) {
            return true;
        }

        @Override
        public Watched<String> trouble() {
            return trouble;
        }
    }

    @BeforeEach
    void arrive() {
        cluster.addEcho();
        engagements.whenEnded(ended::add);
        ann = client("ann@laptop");
        bob = client("bob@desk");
    }

    @Test
    void itIsActiveOnceEveryReadyPodHasAnAgentThatWatches() throws Exception {
        cluster.addEchoPod("echo-abc-2", "True");
        cluster.addEchoPod("echo-abc-3", "False");
        CompletableFuture<RegisteredEngagement> result = engageLater(ann, "echo");
        AgentSession first = agentArrives("echo-abc-1");
        sessions.watching(first, true);
        AgentSession second = agentArrives("echo-abc-2");
        assertFalse(result.isDone());
        assertEquals(List.of(), heard());
        sessions.watching(second, true);
        RegisteredEngagement active = result.get(10, TimeUnit.SECONDS);
        assertTrue(active.active());
        assertEquals("10.244.0.5", active.podIp());
        assertTrue(active.id().matches("[0-9a-f]{32}:echo"), active::id);
        assertEquals(List.of(active), heard());
        assertEquals("echo", installer.asked.getFirst().getWorkload());
    }

    @Test
    void aReplacedPodThatAServiceStillSelectsIsWaitedFor() throws Exception {
        installer.action = () -> sessions.watching(agentArrives("echo-abc-1"), true);
        cluster.add(
                """
                {apiVersion: v1, kind: Pod, metadata: {name: old, labels: {app: echo},
                   annotations: {telepresence.io/replaced: ''}}, spec: {containers: []},
                 status: {phase: Running, conditions: [{type: Ready, status: "True"}]}}
                """);
        CompletableFuture<RegisteredEngagement> result = engageLater(ann, "echo");
        assertThrows(java.util.concurrent.TimeoutException.class, () -> result.get(100, TimeUnit.MILLISECONDS));
        cluster.pods.remove(cluster.pods.get("default", "old").orElseThrow());
        assertTrue(result.get(10, TimeUnit.SECONDS).active());
    }

    @Test
    void theSamePortCannotBeTakenTwice() throws Exception {
        installer.action = () -> sessions.watching(agentArrives("echo-abc-1"), true);
        RegisteredEngagement hers = engage(ann, "echo", LONG);
        assertEquals(
                "port 8080 of Deployment echo.default is already engaged by ann@laptop: conflicts with the intercept"
                        + " \"echo\"",
                fault(bob, "mine", LONG).text());
        assertEquals(
                "Intercept named \"echo\" already exists",
                fault(ann, "echo", LONG).text());
        assertTrue(engagements.remove(hers.id()));
        assertTrue(engage(bob, "mine", LONG).active());
        assertEquals(List.of(hers.id()), ended);
    }

    @Test
    void whoIsIdleForTooLongGivesWay() throws Exception {
        installer.action = () -> sessions.watching(agentArrives("echo-abc-1"), true);
        RegisteredEngagement hers = engage(ann, "echo", LONG);
        sessions.remain(SessionIds.of(ann), Caller.UNKNOWN, Duration.ofMinutes(10));
        assertTrue(fault(bob, "mine", LONG).text().contains("ann@laptop"), "ten minutes are not more than ten minutes");
        time.advance(Duration.ofSeconds(1));
        assertTrue(engage(bob, "mine", LONG).active());
        assertEquals(List.of(hers.id()), ended, "her connections are cut");
        RegisteredEngagement aside = engagements.of(ann).getFirst();
        assertEquals(EngagementState.REMOVED, aside.state());
        assertEquals("removed: inactive for more than 10 min, and bob@desk needed it", aside.message());
        assertEquals(1, heard().size());
        assertTrue(fault(ann, "echo", LONG).text().contains("bob@desk"), "she is back too late");
    }

    @Test
    void globalEngagementsCanBeForbidden() {
        FaultException fault =
                assertThrows(FaultException.class, () -> careful.engage(ann, spec("echo", "echo"), SHORT, new Quiet()));
        assertTrue(fault.fault().text().contains("takes all traffic"), fault.fault()::text);
        assertTrue(fault.fault().remedy().contains("--http-header"), fault.fault()::remedy);
    }

    @Test
    void whatIsForbiddenIsNotRestoredEither() throws Exception {
        careful.restore(ann, spec("echo", "echo"), new CreateEngagement.Before("", "10.244.0.5", ""));
        RegisteredEngagement refused = engagements.of(ann).getFirst();
        assertEquals(EngagementState.REMOVED, refused.state());
        assertTrue(refused.message().contains("takes all traffic"), refused::message);
    }

    @Test
    void whoLeavesWhileItWaitsMayHaveTheNameAgain() throws Exception {
        CompletableFuture<RegisteredEngagement> first = new CompletableFuture<>();
        installer.action = () -> first.complete(engagements.of(ann).getFirst());
        CompletableFuture<RegisteredEngagement> result = engageLater(ann, "echo");
        createEngagement.end(first.get(10, TimeUnit.SECONDS));
        engagements.reserve(ann, first.get());
        ExecutionException gone = assertThrows(ExecutionException.class, () -> result.get(5, TimeUnit.SECONDS));
        assertTrue(gone.getCause().getMessage().contains("was ended while it waited"), gone::getMessage);
        assertEquals(1, engagements.of(ann).size(), "the second one is not the first one's to end");
    }

    @Test
    void whoIsRevokedWhileItWaitsHearsWhyAtOnce() throws Exception {
        CompletableFuture<RegisteredEngagement> first = new CompletableFuture<>();
        installer.action = () -> first.complete(engagements.of(ann).getFirst());
        CompletableFuture<RegisteredEngagement> result = engageLater(ann, "echo");
        engagements.expel(first.get(10, TimeUnit.SECONDS).id(), "revoked by an administrator");
        ExecutionException gone = assertThrows(ExecutionException.class, () -> result.get(5, TimeUnit.SECONDS));
        assertTrue(gone.getCause().getMessage().contains("revoked by an administrator"), gone::getMessage);
        assertEquals(List.of(), engagements.of(ann));
    }

    @Test
    void agentsDeliverOnlyWhatWasAskedFor() throws Exception {
        installer.action = () -> sessions.watching(agentArrives("echo-abc-1"), true);
        RegisteredEngagement active = engage(ann, "echo", LONG);
        AgentSession agent = sessions.agents().getFirst();
        assertTrue(engagements.receiver(agent, active.id(), "127.0.0.1", 8080).isPresent());
        assertTrue(engagements.receiver(agent, active.id(), "127.0.0.1", 22).isEmpty());
        assertTrue(engagements.receiver(agent, active.id(), "10.0.0.1", 8080).isEmpty());
        AgentSession stranger = sessions.arrive(
                        new AgentSession.Agent(
                                "x",
                                "x",
                                "",
                                new WorkloadRef("Deployment", "default", "x"),
                                "v0.1.0",
                                Set.of(),
                                Set.of()),
                        "")
                .session();
        assertTrue(
                engagements.receiver(stranger, active.id(), "127.0.0.1", 8080).isEmpty());
    }

    @Test
    void theEndOfTheSessionEndsItsEngagements() throws Exception {
        installer.action = () -> sessions.watching(agentArrives("echo-abc-1"), true);
        RegisteredEngagement active = engage(ann, "echo", LONG);
        sessions.depart(SessionIds.of(ann), Caller.UNKNOWN);
        assertEquals(List.of(), engagements.all().get());
        assertEquals(List.of(active.id()), ended);
    }

    @Test
    void nothingStaysWhenTheAgentDoesNotArrive() {
        installer.trouble.set("The API server does not reach the webhook");
        cluster.add(
                """
                {apiVersion: v1, kind: Pod, metadata: {name: echo-abc-1, uid: u, labels: {app: echo}, ownerReferences:
                   [{apiVersion: apps/v1, kind: ReplicaSet, name: echo-abc, uid: r-echo, controller: true}]},
                 spec: {containers: [{name: traffic-agent}]}, status: {phase: Pending, conditions:
                   [{type: PodScheduled, status: "False", message: 0/3 nodes are available}]}}
                """);
        Fault fault = fault(ann, "echo", SHORT);
        assertTrue(
                fault.text().startsWith("request timed out while waiting for agent echo.default to arrive"),
                fault::text);
        assertTrue(fault.text().contains("0/3 nodes are available"), fault::text);
        assertEquals("The API server does not reach the webhook", fault.remedy());
        assertEquals(List.of("pod echo-abc-1.default is not scheduled: 0/3 nodes are available"), progress);
        assertEquals(List.of(), engagements.all().get());
    }

    @Test
    void anImageThatCannotBeHadEndsTheWaitAtOnce() {
        cluster.add(
                """
                {apiVersion: v1, kind: Pod, metadata: {name: echo-abc-1, uid: u, labels: {app: echo}, ownerReferences:
                   [{apiVersion: apps/v1, kind: ReplicaSet, name: echo-abc, uid: r-echo, controller: true}]},
                 spec: {containers: []}, status: {phase: Pending, containerStatuses:
                   [{name: traffic-agent, state: {waiting: {reason: ImagePullBackOff, message: Back-off pulling}}}]}}
                """);
        Fault fault = fault(ann, "echo", LONG);
        assertTrue(
                fault.text().contains("container traffic-agent of pod echo-abc-1.default: ImagePullBackOff"),
                fault::text);
    }

    @Test
    void aQuotaEndsTheWaitAtOnceButOnlyOursCounts() {
        cluster.add(
                """
                {apiVersion: apps/v1, kind: Deployment, metadata: {name: echo, uid: d-echo},
                 spec: {replicas: 2, template: {metadata: {labels: {app: echo}}, spec: {containers:
                   [{name: app, ports: [{name: http, containerPort: 8080}]}]}}}}
                """);
        events.add(new PodProblems.Event("other", "ReplicaSet other", "FailedCreate", "not ours"));
        events.add(new PodProblems.Event("r-echo", "ReplicaSet echo-abc", "FailedCreate", "exceeded quota"));
        Fault fault = fault(ann, "echo", LONG);
        assertTrue(fault.text().contains("ReplicaSet echo-abc: FailedCreate: exceeded quota"), fault::text);
        assertFalse(fault.text().contains("not ours"), fault::text);
    }

    @Test
    void whatWasRestoredIsActiveUnlessSomebodyCameFirst() throws Exception {
        createEngagement.restore(ann, spec("echo", "echo"), new CreateEngagement.Before("", "10.244.0.5", ""));
        assertTrue(engagements.of(ann).getFirst().active());
        assertTrue(sidecars.desired(ECHO));
        createEngagement.restore(bob, spec("mine", "echo"), new CreateEngagement.Before("", "", ""));
        RegisteredEngagement broken = engagements.of(bob).getFirst();
        assertEquals(EngagementState.REMOVED, broken.state());
        assertTrue(broken.message().contains("ann@laptop"), broken::message);
        createEngagement.restore(bob, spec("gone", "nothing-there"), new CreateEngagement.Before("", "", ""));
        assertTrue(engagements.of(bob).getLast().message().contains("named nothing-there"));
    }

    @Test
    void kindsThatCannotBeEngagedAreNamed() {
        cluster.add(
                """
                {apiVersion: v1, kind: Pod, metadata: {name: logger-x, ownerReferences:
                   [{apiVersion: apps/v1, kind: DaemonSet, name: logger, uid: d, controller: true}]},
                 spec: {containers: []}, status: {phase: Running}}
                """);
        assertTrue(fault(ann, "logger", SHORT).text().startsWith("DaemonSet logger.default cannot be engaged"));
        assertEquals(
                "found no Deployment, ReplicaSet or StatefulSet named web in namespace default",
                fault(ann, "web", SHORT).text());
        cluster.add("{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: echo}, spec: {}}");
        assertTrue(fault(ann, "echo", SHORT).text().contains("ambiguous"));
    }

    private ClientSession client(String name) {
        return sessions.arrive(new ClientSession.Client(name, name, "default", ""), "")
                .session();
    }

    private AgentSession agentArrives(String pod) {
        return sessions.arrive(
                        new AgentSession.Agent(
                                pod,
                                "uid-" + pod,
                                "10.244.0.5",
                                ECHO,
                                "v0.1.0",
                                Set.of(Port.of(false, 8080)),
                                Set.of()),
                        "")
                .session();
    }

    private List<RegisteredEngagement> heard() {
        return EngagementRegistry.forAgent(
                engagements.all().get(), sessions.agents().getFirst().agent());
    }

    @AfterEach
    void close() throws Exception {
        restorer.close();
    }

    private CompletableFuture<RegisteredEngagement> engageLater(ClientSession client, String name) {
        CompletableFuture<RegisteredEngagement> result = new CompletableFuture<>();
        Thread.startVirtualThread(() -> {
            try {
                result.complete(engage(client, name, LONG));
            } catch (Exception e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }

    private RegisteredEngagement engage(ClientSession client, String name, Duration limit) throws Exception {
        return createEngagement.engage(client, spec(name, name.equals("mine") ? "echo" : name), limit, new Quiet());
    }

    private final class Quiet implements CreateEngagement.Progress {
        @Override
        public void waiting(String sentence) {
            progress.add(sentence);
        }

        @Override
        public void reserved(RegisteredEngagement engagement) {
            assertEquals(EngagementState.WAITING, engagement.state());
        }
    }

    private Fault fault(ClientSession client, String name, Duration limit) {
        return assertThrows(FaultException.class, () -> engage(client, name, limit))
                .fault();
    }

    private static EngagementSpec spec(String name, String workload) {
        return new EngagementSpec(
                EngagementKind.INTERCEPT,
                name,
                "default",
                workload,
                "",
                "",
                "",
                "127.0.0.1",
                List.of(new PortRequest(8080, "")),
                EngagementOptions.NONE);
    }
}
