package io.telepresence.manager.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.agree.Versions;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.config.ManagerSettings;
import io.telepresence.manager.identity.Caller;
import io.telepresence.manager.identity.Person;
import io.telepresence.manager.inject.ManualYaml;
import io.telepresence.manager.lifecycle.CreateEngagementBench;
import io.telepresence.manager.lifecycle.Uninstaller;
import io.telepresence.manager.log.ManagerLogLevels;
import io.telepresence.manager.report.RouteExplainer;
import io.telepresence.manager.report.TrafficStats;
import io.telepresence.manager.report.WorkloadList;
import io.telepresence.manager.rights.FakeReviews;
import io.telepresence.manager.rights.RequiredGrant;
import io.telepresence.manager.rights.Rights;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.SessionIds;
import io.telepresence.rpc.common.LogLevelRequest;
import io.telepresence.rpc.manager.ClientArrival;
import io.telepresence.rpc.manager.ExplainRequest;
import io.telepresence.rpc.manager.YamlRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;

/** Each call asks for its right: alice has all of them, bob may connect and no more, the robot not even that. */
@Timeout(20)
class RightsOfClientsTest {
    private static final String ROBOT = "system:serviceaccount:ci:robot";
    private static final String SETTINGS = "{\"agent\": {\"image\": {\"reference\": \"agent:1\"}}}";

    private final CreateEngagementBench bench = new CreateEngagementBench();
    private final FakeReviews api = new FakeReviews()
            .grant("alice", "create connections.telepresence.io in namespace \"ambassador\"")
            .grant("alice", "get attachments.telepresence.io \"echo\" in namespace \"default\"")
            .grant("alice", "create attachments.telepresence.io \"echo\" in namespace \"default\"")
            .grant("alice", "list pods in namespace \"default\"")
            .grant("alice", "update configmaps \"traffic-manager\" in namespace \"ambassador\"")
            .grant("bob", "create pods/portforward \"traffic-manager-0\" in namespace \"ambassador\"");
    private final Rights rights = api.rights(RequiredGrant.EXEC, bench.time);

    @AfterEach
    void close() throws Exception {
        bench.close();
    }

    private static Caller caller(String user) {
        return new Caller("key of " + user, FakeReviews.person(user));
    }

    private ClientSession session(String user) {
        return bench.sessions
                .arrive(new ClientSession.Client(user + "@laptop", user, "default", ""), caller(user), "")
                .session();
    }

    private static <T> T as(String user, Callable<T> call) throws Exception {
        return ClientAuthenticator.context(caller(user)).call(call);
    }

    private static void refused(String user, String right, Executable call) {
        FaultException e = assertThrows(FaultException.class, call);
        assertEquals(Fault.Kind.DENIED, e.fault().kind());
        assertTrue(e.fault().text().startsWith(user + " may not " + right), e.fault()::text);
    }

    @Test
    void toArrive() throws Exception {
        ManagerSettings settings = ManagerSettings.of(SETTINGS, Map.of("POD_NAMESPACE", "ambassador"));
        ClientSessionService service =
                new ClientSessionService(settings, bench.sessions, bench.createEngagement, null, rights);
        ClientArrival arrival = ClientArrival.newBuilder()
                .setName("x@laptop")
                .setVersion(Versions.info("Client"))
                .build();
        service.arrive(arrival, caller("alice"));
        service.arrive(arrival, caller("bob"));
        assertEquals(2, bench.sessions.clients().size());
        assertEquals(
                List.of("alice", "bob"),
                bench.sessions.clients().stream()
                        .map(c -> c.person().user())
                        .sorted()
                        .toList());
        refused(ROBOT, "create connections.telepresence.io", () -> service.arrive(arrival, caller(ROBOT)));
        refused(
                Person.UNKNOWN.toString(),
                "create connections.telepresence.io",
                () -> service.arrive(arrival, Caller.UNKNOWN));
        assertEquals(2, bench.sessions.clients().size());
    }

    @Test
    void toGenerateYaml() throws Exception {
        ManagerSettings settings = ManagerSettings.of(SETTINGS, Map.of());
        ManualYaml yaml = new ManualYaml(settings.injector(), bench.sidecars, bench.workloads);
        AgentAdminService service = new AgentAdminService(bench.sessions, null, yaml, rights);
        YamlRequest.Builder request = YamlRequest.newBuilder().setWorkload("echo");
        String alice = SessionIds.of(session("alice"));
        YamlRequest hers = request.setSessionId(alice).build();
        assertFalse(as("alice", () -> service.yaml(hers)).getYaml().isEmpty());
        String bob = SessionIds.of(session("bob"));
        refused(
                "bob",
                "get attachments.telepresence.io \"echo\"",
                () -> as("bob", () -> service.yaml(request.setSessionId(bob).build())));
    }

    @Test
    void toUninstall() throws Exception {
        Uninstaller uninstaller = new Uninstaller(
                bench.engagements, bench.sidecars, bench.workloads, bench.installer, rights, Duration.ofSeconds(5));
        refused(
                "bob",
                "create attachments.telepresence.io \"echo\"",
                () -> uninstaller.uninstall(session("bob"), "default", List.of("echo"), _ -> {}));
        refused(
                "bob",
                "list pods in namespace \"default\"",
                () -> uninstaller.uninstall(session("bob"), "default", List.of(), _ -> {}));
        uninstaller.uninstall(session("alice"), "default", List.of("echo"), _ -> {});
    }

    @Test
    void toSetLevels() throws Exception {
        ManagerLogLevels levels = ManagerLogLevels.of("info", "info", bench.time);
        LogGatheringService service = new LogGatheringService(bench.sessions, levels, null, null, rights);
        LogLevelRequest.Builder request = LogLevelRequest.newBuilder().setLevel("info");
        String bob = SessionIds.of(session("bob"));
        refused(
                "bob",
                "update configmaps \"traffic-manager\" in namespace \"ambassador\"",
                () -> as("bob", () -> service.setLevel(request.setSessionId(bob).build())));
        String alice = SessionIds.of(session("alice"));
        as("alice", () -> service.setLevel(request.setSessionId(alice).build()));
    }

    @Test
    void toSeeWhatIsThere() throws Exception {
        WorkloadList all =
                CreateEngagementBench.board(bench.workloads, bench.sessions, bench.engagements, bench.installer);
        ListedWorkloads list = new ListedWorkloads(all, rights, Duration.ofMillis(1));
        Person alice = FakeReviews.person("alice");
        Person bob = FakeReviews.person("bob");
        List<AutoCloseable> watches = new ArrayList<>();
        assertEquals(1, list.now(alice, List.of("default")).getWorkloadsCount());
        assertEquals(1, list.now(alice, List.of("secret", "default")).getWorkloadsCount());
        refused("alice", "list pods in namespace \"secret\"", () -> list.now(alice, List.of("secret")));
        refused("bob", "list pods in namespace \"default\"", () -> list.now(bob, List.of("default")));
        refused(
                "bob",
                "list pods in namespace \"default\"",
                () -> list.watch(() -> bob, List.of("default"), _ -> {}, watches::add));
        assertEquals(List.of(), watches);
        api.revoke("alice", "list pods in namespace \"default\"");
        bench.time.advance(Duration.ofMinutes(1).minusSeconds(1));
        refused(
                "alice",
                "list pods in namespace \"default\"",
                () -> list.watch(() -> alice, List.of("secret", "default"), _ -> {}, watch -> {
                    watches.add(watch);
                    bench.time.advance(Duration.ofSeconds(1));
                }));
        assertEquals(1, watches.size());
        watches.getFirst().close();
    }

    @Test
    void toAskWhy() throws Exception {
        TrafficStats stats = new TrafficStats(bench.engagements, bench.sessions);
        RouteExplainer explainer = new RouteExplainer(
                bench.workloads,
                bench.sidecars,
                bench.engagements,
                stats,
                rights,
                CreateEngagementBench.none(bench.workloads));
        for (String host : List.of("echo", "echo.default", "10.244.0.5", "10.96.1.1")) {
            ExplainRequest request = ExplainRequest.newBuilder()
                    .setHost(host)
                    .setMethod("GET")
                    .setTarget("/")
                    .build();
            RouteExplainer.Question question = TrafficTranslator.fromWire(request, "default");
            refused(
                    "bob",
                    "list pods in namespace \"default\"",
                    () -> explainer.explain(FakeReviews.person("bob"), question));
        }
    }
}
