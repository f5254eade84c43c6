package io.telepresence.manager.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.EngagementOptions;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.engagement.EngagementState;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.engagement.RegisteredEngagement;
import io.telepresence.manager.engagement.RevocationWatcher;
import io.telepresence.manager.identity.Caller;
import io.telepresence.manager.rights.FakeReviews;
import io.telepresence.manager.rights.RequiredGrant;
import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.SessionIds;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How agents go, and how others end an engagement. */
class UninstallerTest {
    private static final WorkloadRef ECHO = new WorkloadRef("Deployment", "default", "echo");

    private final CreateEngagementBench bench = new CreateEngagementBench();
    private final Uninstaller uninstaller = new Uninstaller(
            bench.engagements,
            bench.sidecars,
            bench.workloads,
            bench.installer,
            FakeReviews.anybody(),
            Duration.ofSeconds(5));
    private final List<String> told = new ArrayList<>();
    private ClientSession ann;
    private ClientSession bob;

    @BeforeEach
    void engage() throws Exception {
        cluster("echo-abc-1", "traffic-agent");
        ann = client("ann@laptop");
        bob = client("bob@desk");
        restore(ann);
        restore(bob);
    }

    private void bobLeaves() {
        bench.engagements.of(bob).forEach(e -> bench.engagements.remove(e.id()));
    }

    private void cluster(String pod, String container) {
        bench.cluster.add(
                """
                {apiVersion: v1, kind: Pod, metadata: {name: %s, uid: uid-%s, labels: {app: echo}, ownerReferences:
                   [{apiVersion: apps/v1, kind: ReplicaSet, name: echo-abc, uid: r-echo, controller: true}]},
                 spec: {containers: [{name: app}, {name: %s}]}, status: {phase: Running}}
                """
                        .formatted(pod, pod, container));
    }

    private void restore(ClientSession client) throws Exception {
        bench.createEngagement.restore(
                client,
                new EngagementSpec(
                        EngagementKind.WIRETAP,
                        "tap",
                        "default",
                        "echo",
                        "",
                        "",
                        "",
                        "127.0.0.1",
                        List.of(),
                        EngagementOptions.NONE),
                new CreateEngagement.Before("", "10.0.0.1", ""));
    }

    private ClientSession client(String name) {
        return bench.sessions
                .arrive(new ClientSession.Client(name, name, "default", ""), "")
                .session();
    }

    @AfterEach
    void close() throws Exception {
        bench.close();
    }

    @Test
    void itIsRefusedWhileSomebodyElseNeedsTheAgent() throws Exception {
        FaultException e = assertThrows(
                FaultException.class, () -> uninstaller.uninstall(ann, "default", List.of("echo"), told::add));
        assertEquals(
                "Deployment echo.default is in use: the wiretap \"tap\" of bob@desk needs its traffic-agent",
                e.fault().text());
        uninstaller.uninstall(ann, "default", List.of(), told::add);
        assertEquals(
                List.of("Deployment echo.default keeps its traffic-agent: "
                        + e.fault().text()),
                told);
        assertTrue(bench.sidecars.desired(ECHO));
        assertEquals(1, bench.engagements.of(ann).size());
        assertEquals(
                EngagementState.ACTIVE, bench.engagements.of(bob).getFirst().state());
    }

    @Test
    void itEndsWhatNeedsTheAgentIfThatIsOnesOwn() throws Exception {
        ClientSession desk = bench.sessions
                .arrive(
                        new ClientSession.Client("ann@desk", "desk", "default", ""),
                        new Caller("key 2", FakeReviews.person("ann")),
                        "")
                .session();
        ann = bench.sessions
                .arrive(
                        new ClientSession.Client("ann@laptop", "laptop", "default", ""),
                        new Caller("key 1", FakeReviews.person("ann")),
                        "")
                .session();
        FakeReviews api = new FakeReviews()
                .grant("ann", "create pods/portforward \"traffic-manager-0\" in namespace \"ambassador\"");
        Uninstaller asking = new Uninstaller(
                bench.engagements,
                bench.sidecars,
                bench.workloads,
                bench.installer,
                api.rights(RequiredGrant.PORTFORWARD, bench.time),
                Duration.ofSeconds(5));
        bench.engagements.all().get().forEach(e -> bench.engagements.remove(e.id()));
        restore(desk);
        restore(ann);
        asking.uninstall(ann, "default", List.of("echo"), told::add);
        assertFalse(bench.sidecars.desired(ECHO));
        assertEquals(List.of(), bench.engagements.of(ann));
        RegisteredEngagement other = bench.engagements.of(desk).getFirst();
        assertEquals(EngagementState.REMOVED, other.state());
        assertEquals("its traffic-agent was uninstalled by ann (ann@laptop)", other.message());
        assertEquals(List.of("Deployment echo.default has no traffic-agent any more"), told);
    }

    /** Between the look for others and the end of what is there: whoever comes then would lose what he has just been given. */
    @Test
    void nobodyElseGetsInBetweenTheLookAndTheRemoval() throws Exception {
        bobLeaves();
        List<EngagementState> bobs = new ArrayList<>();
        bench.engagements.whenEnded(id -> {
            try {
                restore(bob);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
            bench.engagements.of(bob).forEach(e -> bobs.add(e.state()));
        });
        uninstaller.uninstall(ann, "default", List.of("echo"), told::add);
        assertEquals(EngagementState.REMOVED, bobs.getFirst());
        assertTrue(
                bench.engagements.of(bob).getFirst().message().contains("is being uninstalled at this moment"),
                () -> bench.engagements.of(bob).toString());
        bobLeaves();
        restore(bob);
        assertEquals(
                EngagementState.ACTIVE, bench.engagements.of(bob).getFirst().state(), "it is open again");
    }

    @Test
    void whatIsWantedGoesAlsoWhereNoPodHasAnAgent() throws Exception {
        bobLeaves();
        cluster("echo-abc-1", "other");
        uninstaller.uninstall(ann, "default", List.of("echo"), told::add);
        assertFalse(bench.sidecars.desired(ECHO));
        assertEquals(List.of(), bench.engagements.of(ann));
        uninstaller.uninstall(ann, "default", List.of("echo"), told::add);
        assertEquals("Deployment echo.default has no traffic-agent", told.getLast());
        bench.sidecars.found(ECHO, false);
        assertFalse(bench.sidecars.desired(ECHO), "it was on its way");
    }

    @Test
    void whoEngagesItMeanwhileIsNotSaidToHaveNone() {
        bobLeaves();
        bench.installer.action = () -> {};
        bench.installer.whenGivenBack = () -> bench.sidecars.wantProvisionally(ECHO);
        FaultException e = assertThrows(
                FaultException.class, () -> uninstaller.uninstall(ann, "default", List.of("echo"), told::add));
        assertTrue(e.fault().text().contains("was engaged again"), e::toString);
    }

    @Test
    void aNameThatDoesNotExistLeavesEverythingAsItIs() {
        bobLeaves();
        assertThrows(
                FaultException.class,
                () -> uninstaller.uninstall(ann, "default", List.of("echo", "nothing"), told::add));
        assertTrue(bench.sidecars.desired(ECHO));
        assertEquals(1, bench.engagements.of(ann).size());
    }

    @Test
    void anAgentThatTheTemplateAsksForStays() throws Exception {
        bobLeaves();
        bench.cluster.add(
                """
                {apiVersion: apps/v1, kind: Deployment, metadata: {name: echo, uid: d-echo}, spec: {template:
                  {metadata: {labels: {app: echo}, annotations: {telepresence.io/inject-traffic-agent: enabled}},
                   spec: {containers: [{name: app, ports: [{name: http, containerPort: 8080}]}]}}}}
                """);
        uninstaller.uninstall(ann, "default", List.of(), told::add);
        assertTrue(told.getFirst().contains("the annotation telepresence.io/inject-traffic-agent"), told::toString);
        assertEquals(1, bench.engagements.of(ann).size());
    }

    @Test
    void agentsThatNobodyHasEngagedForLongGo() throws Exception {
        bench.sessions.arrive(new AgentSession.Agent("echo-abc-1", "u", "10.0.0.1", ECHO, "v", Set.of(), Set.of()), "");
        IdleAgentReaper idle =
                new IdleAgentReaper(bench.sessions, bench.engagements, uninstaller, Duration.ofMinutes(5));
        Instant start = Instant.parse("2026-01-01T00:00:00Z");
        idle.sweep(start);
        idle.sweep(start.plusSeconds(3600));
        assertTrue(bench.sidecars.desired(ECHO), "it is engaged");
        bench.sessions.depart(SessionIds.of(ann), Caller.UNKNOWN);
        bench.sessions.depart(SessionIds.of(bob), Caller.UNKNOWN);
        idle.sweep(start.plusSeconds(3600));
        idle.sweep(start.plusSeconds(3600 + 299));
        assertTrue(bench.sidecars.desired(ECHO));
        idle.sweep(start.plusSeconds(3600 + 301));
        assertFalse(bench.sidecars.desired(ECHO));
    }

    @Test
    void anAdministratorRevokes() {
        String id = bench.engagements.of(ann).getFirst().id();
        List<ConfigMap> maps = new ArrayList<>(List.of(new ConfigMapBuilder()
                .withData(Map.of("revoke", "\n nobody:x \n" + id + "\n", "client.yaml", "{}"))
                .build()));
        RevocationWatcher.Source source = new RevocationWatcher.Source() {
            @Override
            public Optional<ConfigMap> get() {
                return Optional.of(maps.getLast());
            }

            @Override
            public void put(ConfigMap changed) {
                maps.add(changed);
            }
        };
        List<String> heard = new ArrayList<>();
        RevocationWatcher revocations = new RevocationWatcher(
                bench.engagements, source, (each, engagement) -> heard.add(each + " " + engagement.isPresent()));
        revocations.sweep();
        revocations.sweep();
        assertEquals(List.of("nobody:x false", id + " true"), heard);
        assertEquals(2, maps.size());
        assertEquals(Map.of("client.yaml", "{}"), maps.getLast().getData());
        RegisteredEngagement hers = bench.engagements.of(ann).getFirst();
        assertEquals(EngagementState.REMOVED, hers.state());
        assertEquals("revoked by an administrator", hers.message());
        assertTrue(bench.engagements.of(bob).getFirst().active());
    }
}
