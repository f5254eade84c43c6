package io.telepresence.userd.connect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.common.VersionInfo;
import io.telepresence.rpc.manager.ClientArrival;
import io.telepresence.rpc.manager.ClusterInfo;
import io.telepresence.rpc.rootd.NetworkConfig;
import io.telepresence.testing.Awaits;
import io.telepresence.userd.apiserver.FakeApi;
import io.telepresence.userd.health.HealthWarning;
import io.telepresence.userd.rootd.FakeRootDaemon;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One connection at a time, made of steps of which each may fail or last for ever, and ended as a whole. */
@Timeout(60)
class ConnectorTest {
    @TempDir
    Path directory;

    private ConnectFixture fixture;
    private Connector connector;

    @BeforeEach
    void open() throws Exception {
        fixture = new ConnectFixture(directory);
        connector = fixture.connector;
    }

    @AfterEach
    void close() throws Exception {
        fixture.close();
    }

    @Test
    void aConnectionIsMadeStepByStepAndThenIsThere() throws Exception {
        fixture.manager.cluster = ClusterInfo.newBuilder()
                .addNamespaces("default")
                .setClusterDomain("cluster.local")
                .build();
        Connector.Outcome made = fixture.connect();
        assertFalse(made.already());
        assertEquals("Connected", connector.statusText());
        assertEquals("x-default", made.session().facts().name());
        assertEquals(
                List.of(
                        "Connecting to the API server",
                        "Finding the traffic-manager",
                        "Connecting to traffic manager",
                        "Looking at the cluster",
                        "Setting up the network"),
                fixture.progress);
        assertEquals(
                fixture.progress,
                made.session().facts().phases().stream()
                        .map(ClusterSession.Phase::name)
                        .toList());
        NetworkConfig network = fixture.root.configs.take();
        assertEquals("s1", network.getSessionId());
        assertEquals(List.of("default"), network.getDns().getNamespacesList());
        assertEquals(List.of(ByteString.copyFrom(new byte[] {127, 0, 0, 1})), network.getApiServerList());
        ClientArrival arrival = fixture.manager.arrivals.take();
        assertTrue(arrival.getName().startsWith("jane@"), arrival::getName);
        assertEquals("default", arrival.getNamespace());
        assertEquals(64, arrival.getSeat().length());
    }

    @Test
    void theSameConnectAgainIsTheSameConnectionAndAnotherIsRefused() throws Exception {
        ClusterSession session = fixture.connect().session();
        Connector.Outcome again = fixture.connect();
        assertTrue(again.already());
        assertSame(session, again.session());
        Fault other = assertThrows(FaultException.class, () -> fixture.connect("other"))
                .fault();
        assertEquals("already connected, with namespace default, not other", other.text());
        assertSame(session, connector.session());
        assertEquals(1, fixture.root.begun.get());
        assertEquals(1, fixture.manager.arrivals.size());
    }

    @Test
    void whoOnlyWantsWhatIsThereGetsNothingElse() throws Exception {
        ConnectParameters reuse = ConnectFixture.request("default", true);
        Fault none = assertThrows(FaultException.class, () -> connector.connect(reuse, text -> {}))
                .fault();
        assertEquals("not connected", none.text());
        ClusterSession session = fixture.connect().session();
        assertSame(session, connector.connect(reuse, text -> {}).session());
    }

    @Test
    void aDisconnectEndsEverythingAndSaysSo() throws Exception {
        assertFalse(connector.disconnect());
        fixture.connect();
        assertTrue(connector.disconnect());
        assertEquals("s1", fixture.manager.departed.poll(30, TimeUnit.SECONDS));
        fixture.assertNothingIsLeft();
        assertEquals(Optional.empty(), connector.current());
        assertEquals("Not connected", connector.statusText());
        assertFalse(connector.disconnect());
        assertFalse(fixture.connect().already());
    }

    /** Where a connect may wait for ever. */
    enum Waits {
        API_SERVER,
        MANAGER_POD,
        PORT_FORWARD,
        VERSION,
        PROOF,
        TICKET,
        TICKET_SHOWN,
        ARRIVAL,
        CONFIGURATION,
        CLUSTER,
        NETWORK
    }

    private void silence(Waits step) {
        FakeApi.Answer never = new FakeApi.Answer(0, "");
        switch (step) {
            case API_SERVER -> fixture.api.answers.put("/version", never);
            case MANAGER_POD -> fixture.api.answers.put(ConnectFixture.PODS, never);
            case PORT_FORWARD -> fixture.api.answers.put(ConnectFixture.FORWARD, never);
            case VERSION -> fixture.manager.silent.add("version");
            case PROOF -> fixture.manager.silent.add("beginProof");
            case TICKET -> fixture.api.answers.put(ConnectFixture.TICKETS, never);
            case TICKET_SHOWN -> fixture.manager.silent.add("prove");
            case ARRIVAL -> fixture.manager.silent.add("arriveAsClient");
            case CONFIGURATION -> fixture.manager.silent.add("getClientConfig");
            case CLUSTER -> fixture.manager.silent.add("watchClusterInfo");
            case NETWORK -> fixture.root.states = config -> Optional.empty();
        }
    }

    private void awaitStep(Waits step) {
        switch (step) {
            case API_SERVER -> awaitRequest("/version");
            case MANAGER_POD -> awaitRequest(ConnectFixture.PODS + "?");
            case PORT_FORWARD -> awaitRequest(ConnectFixture.FORWARD);
            case VERSION -> awaitCall("version");
            case PROOF -> awaitCall("beginProof");
            case TICKET -> awaitRequest(ConnectFixture.TICKETS);
            case TICKET_SHOWN -> awaitCall("prove");
            case ARRIVAL -> awaitCall("arriveAsClient");
            case CONFIGURATION -> awaitCall("getClientConfig");
            case CLUSTER -> awaitCall("watchClusterInfo");
            case NETWORK -> Awaits.that("the network", () -> fixture.root.begun.get() > 0);
        }
    }

    private void awaitRequest(String path) {
        Awaits.that(path, () -> fixture.api.requests.stream().anyMatch(r -> r.startsWith(path)));
    }

    private void awaitCall(String name) {
        Awaits.that(name, () -> fixture.manager.called.contains(name));
    }

    @ParameterizedTest
    @EnumSource
    void aDisconnectEndsAConnectWhateverItWaitsFor(Waits step) throws Exception {
        silence(step);
        ConnectFixture.Connecting connecting = fixture.connecting();
        awaitStep(step);
        assertEquals("Not connected", connector.statusText());
        assertTrue(connector.disconnect(), "there was one");
        // It is over: the next one need not wait for it.
        fixture.heal();
        assertFalse(fixture.connect().already());
        assertEquals("the connect was cancelled", connecting.fault().text());
        assertEquals(Fault.Kind.USER, connecting.fault().kind());
        assertTrue(connector.disconnect());
        fixture.assertNothingIsLeft();
    }

    @ParameterizedTest
    @EnumSource(names = {"CONFIGURATION", "CLUSTER", "NETWORK"})
    void aManagerThatKnowsACancelledConnectHearsThatItLeaves(Waits step) throws Exception {
        silence(step);
        ConnectFixture.Connecting connecting = fixture.connecting();
        awaitStep(step);
        connector.disconnect();
        assertEquals("the connect was cancelled", connecting.fault().text());
        assertEquals("s1", fixture.manager.departed.poll(30, TimeUnit.SECONDS));
        assertTrue(fixture.manager.sessions.isEmpty());
    }

    @Test
    void oneConnectAtATime() throws Exception {
        silence(Waits.NETWORK);
        ConnectFixture.Connecting first = fixture.connecting();
        awaitStep(Waits.NETWORK);
        Fault second = assertThrows(FaultException.class, fixture::connect).fault();
        assertEquals("another connect is under way", second.text());
        fixture.root.sessions.take().onNext(FakeRootDaemon.ACTIVE);
        assertFalse(first.outcome().get(30, TimeUnit.SECONDS).already());
    }

    @Test
    void whoQuitsEndsAConnectAndTakesNoOther() throws Exception {
        silence(Waits.NETWORK);
        ConnectFixture.Connecting connecting = fixture.connecting();
        awaitStep(Waits.NETWORK);
        connector.quit();
        assertEquals("the connect was cancelled", connecting.fault().text());
        fixture.assertNothingIsLeft();
        fixture.heal();
        Fault late = assertThrows(FaultException.class, fixture::connect).fault();
        assertEquals("the user daemon is ending", late.text());
        assertTrue(fixture.manager.called.isEmpty(), fixture.manager.called::toString);
        assertEquals("Not connected", connector.statusText());
    }

    @Test
    void whoQuitsEndsTheConnection() throws Exception {
        fixture.connect();
        assertTrue(connector.quit());
        assertEquals("s1", fixture.manager.departed.poll(30, TimeUnit.SECONDS));
        fixture.assertNothingIsLeft();
        assertEquals(
                "not connected",
                assertThrows(FaultException.class, connector::session).fault().text());
    }

    private void assertFails(String text) {
        Fault fault = assertThrows(FaultException.class, fixture::connect).fault();
        assertTrue(fault.text().contains(text), fault::text);
        assertEquals("Not connected", connector.statusText());
        assertEquals(List.of(), connector.health().sentences(), "there is nothing that a warning could be about");
        fixture.assertNothingIsLeft();
        fixture.heal();
    }

    @Test
    void whateverStepFailsNothingIsLeftAndTheNextConnectWorks() throws Exception {
        fixture.api.answers.put("/version", new FakeApi.Answer(401, "{}"));
        assertFails("does not accept your credentials");
        fixture.api.answers.put(ConnectFixture.PODS, new FakeApi.Answer(200, "{\"items\":[]}"));
        assertFails("there is no traffic-manager in namespace \"ns\"");
        fixture.api.answers.put(ConnectFixture.FORWARD, new FakeApi.Answer(403, "{}"));
        assertFails("you have no right to use pods/portforward");
        VersionInfo version = fixture.manager.version;
        fixture.manager.version = version.toBuilder().setProtocol(0).build();
        assertFails("is too old for the client");
        fixture.manager.version = version;
        fixture.manager.refusal = Status.RESOURCE_EXHAUSTED.withDescription("too many clients");
        assertFails("too many clients");
        fixture.manager.refusal = null;
        fixture.root.states = config -> Optional.of(FakeRootDaemon.fault("no TUN device"));
        assertFails("no TUN device");
        assertFalse(fixture.connect().already());
    }

    @Test
    void aMistakeInTheConfigurationIsToldBeforeAnythingIsOpened() {
        fixture.config = "timeouts: [1]";
        assertFails("timeouts");
        assertTrue(fixture.api.requests.isEmpty());
    }

    @Test
    void whatTheManagerPushesIsTheWeakestConfiguration() throws Exception {
        fixture.manager.config = "dns: {excludes: [from.manager], excludeSuffixes: [.manager]}";
        fixture.config = "dns: {excludes: [from.file]}";
        fixture.connect();
        NetworkConfig network = fixture.root.configs.take();
        assertEquals(List.of("from.file"), network.getDns().getExcludesList());
        assertEquals(List.of(".manager"), network.getDns().getExcludeSuffixesList());
    }

    @Test
    void whatTheClusterTellsReachesTheNetworkAndTheUser() throws Exception {
        fixture.connect();
        fixture.root.configs.take();
        ClusterInfo info = ClusterInfo.newBuilder()
                .addNamespaces("new")
                .setInjectorTrouble("the API server does not reach the webhook")
                .addWarnings("the certificate ends soon")
                .build();
        var cluster = fixture.manager.clusters.take();
        cluster.onNext(info);
        NetworkConfig network = fixture.root.configs.poll(30, TimeUnit.SECONDS);
        assertEquals(List.of("new"), network.getDns().getNamespacesList());
        Awaits.that("both warnings", () -> connector.health().has(HealthWarning.MANAGER));
        assertEquals(
                List.of(
                        "Traffic agents cannot be injected: the API server does not reach the webhook",
                        "Warning: the certificate ends soon"),
                connector.health().sentences());
        cluster.onNext(ClusterInfo.getDefaultInstance());
        Awaits.that("no warning", () -> connector.health().sentences().isEmpty());
    }

    @Test
    void aLostManagerIsAWarningThatGoesWhenItIsBack() throws Exception {
        ClusterSession session = fixture.connect().session();
        fixture.manager.close();
        fixture.api.manager = directory.resolve("nobody");
        Awaits.that("the warning", () -> connector.health().has(HealthWarning.MANAGER_LINK));
        assertTrue(connector.statusText().startsWith("Not connected, error talking to"), connector::statusText);
        fixture.managerReturns();
        List<String> told = new CopyOnWriteArrayList<>();
        assertSame(session, connector.live(told::add), "who asks waits until it is back");
        assertTrue(told.isEmpty() || told.equals(List.of("Reconnecting to the traffic-manager")), told::toString);
        assertEquals("s1", fixture.manager.arrivals.take().getResumeSessionId());
        assertEquals("Connected", connector.statusText());
        assertEquals(List.of(), connector.health().sentences());
    }

    @Test
    void whoWaitsForALostManagerHearsThatTheConnectionWasEnded() throws Exception {
        fixture.connect();
        fixture.manager.close();
        fixture.api.manager = directory.resolve("nobody");
        Awaits.that("the warning", () -> connector.health().has(HealthWarning.MANAGER_LINK));
        CompletableFuture<Fault> heard = new CompletableFuture<>();
        Thread.startVirtualThread(() -> {
            try {
                heard.completeExceptionally(new AssertionError(connector.live(text -> connector.disconnect())));
            } catch (FaultException e) {
                heard.complete(e.fault());
            }
        });
        assertEquals("not connected", heard.get(30, TimeUnit.SECONDS).text());
        assertEquals(List.of(), connector.health().sentences());
    }
}
