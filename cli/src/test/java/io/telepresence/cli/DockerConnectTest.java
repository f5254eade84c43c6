package io.telepresence.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.cli.daemon.ContainerDaemon;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultStatus;
import io.telepresence.rpc.connector.ConnectRequest;
import io.telepresence.rpc.connector.DockerSettings;
import io.telepresence.rpc.connector.HostAnswer;
import io.telepresence.rpc.connector.HostEndpoint;
import io.telepresence.rpc.connector.HostQuestion;
import io.telepresence.rpc.connector.ResolvedCluster;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code connect --docker} with a helper process that has canned answers. */
@Timeout(60)
final class DockerConnectTest {
    @TempDir
    private Path home;

    private DockerBench bench;

    @BeforeEach
    void open() throws Exception {
        bench = new DockerBench(home);
        answer(HostAnswer.newBuilder()
                .setResolved(ResolvedCluster.newBuilder()
                        .setContext("dev")
                        .setNamespace("default")
                        .setServer("https://127.0.0.1:6443")
                        .setDocker(DockerSettings.newBuilder().setHostGateway("host.docker.internal")))
                .build());
    }

    @AfterEach
    void close() throws Exception {
        bench.told();
        bench.close();
    }

    private void answer(HostAnswer answer) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        answer.writeDelimitedTo(bytes);
        bench.helper(bytes.toByteArray());
    }

    @Test
    void theFirstConnectStartsADaemon() throws Exception {
        assertEquals(0, bench.typing.type("connect --docker --kubeconfig kc"), bench.typing::err);
        assertEquals(
                "Launching Telepresence User Daemon\n"
                        + "Connected to context dev, namespace default (https://192.0.2.1:6443)\n",
                bench.typing.out().replaceAll("(?m)^(Connecting.*)\n", ""));
        ConnectRequest request = (ConnectRequest) bench.daemon("dev-default-cn").asked;
        assertEquals("dev-default-cn", request.getName());
        assertEquals("host.docker.internal:6443", request.getApiServerDial());
        assertEquals(
                List.of("container tp-dev-default-cn running", "network tp-dev-default-cn 172.29.255.0/24"),
                bench.engine.state());
        InputStream told = Files.newInputStream(bench.told());
        HostQuestion question = HostQuestion.parseDelimitedFrom(told);
        assertEquals(
                List.of("kc"),
                question.getResolve().getFlagsOrThrow("kubeconfig").getValuesList());
        ContainerDaemon connection = bench.connections.find("dev-default-cn").orElseThrow();
        HostEndpoint endpoint = HostEndpoint.parseDelimitedFrom(told);
        assertEquals(connection.socket().toString(), endpoint.getSocket());
        assertEquals(connection.directory().toString(), endpoint.getDirectory());
        assertFalse(bench.typing.rootRuns, "no daemon of this machine");
        assertFalse(bench.typing.userRuns);
    }

    @Test
    void namesHostnamesAndPortsAreTheUsers() throws Exception {
        assertEquals(0, bench.typing.type("connect --docker --name my.conn --hostname box --expose 80:80 --expose 81"));
        String run = bench.engine.ran("run");
        assertTrue(run.contains(" --name=tp-my.conn "), run);
        assertTrue(run.contains(" --hostname=box "), run);
        assertTrue(run.contains(" --publish=80:80 --publish=81 "), run);
    }

    @Test
    void aConnectionThatRunsIsUsedAgain() throws Exception {
        bench.connection("dev-default-cn", "80:80");
        assertEquals(0, bench.typing.type("connect --docker --expose 80:80"), bench.typing::err);
        assertFalse(bench.engine.commands.stream().anyMatch(c -> c.startsWith("run")));
        assertFalse(bench.typing.out().contains("Connected to"), bench.typing.out());
    }

    @Test
    void otherPortsThanThoseThatRunCannotBe() throws Exception {
        bench.connection("dev-default-cn", "80:80");
        assertEquals(1, bench.typing.type("connect --docker --expose 81:81"));
        assertEquals(
                "telepresence connect: error: exposed ports differ. Please quit and reconnect\n", bench.typing.err());
    }

    @Test
    void aFailingConnectLeavesNothing() throws Exception {
        bench.daemon("dev-default-cn").connectFault = Fault.user("traffic manager not found", "Install it");
        assertEquals(1, bench.typing.type("connect --docker"));
        assertEquals("telepresence connect: error: traffic manager not found. Install it\n", bench.typing.err());
        assertEquals(List.of(), bench.engine.state());
        assertEquals(List.of(), bench.connections.all());
    }

    @Test
    void aFailingConnectLeavesADaemonThatRanBefore() throws Exception {
        bench.connection("dev-default-cn");
        bench.daemon("dev-default-cn").connectFault = Fault.user("already connected to something else", "");
        assertEquals(1, bench.typing.type("connect --docker"));
        assertEquals(2, bench.engine.state().size(), bench.engine.state().toString());
    }

    @Test
    void aWrongKubeconfigStartsNothing() throws Exception {
        answer(HostAnswer.newBuilder()
                .setFault(FaultStatus.toWire(Fault.config("the context nope does not exist", "Choose another")))
                .build());
        assertEquals(1, bench.typing.type("connect --docker --context nope"));
        assertEquals(
                "telepresence connect: error: the context nope does not exist. Choose another\n", bench.typing.err());
        assertFalse(bench.engine.commands.stream().anyMatch(c -> c.startsWith("run") || c.startsWith("network")));
    }

    @Test
    void aHelperThatEndsIsOneSentence() throws Exception {
        bench.helper(new byte[0]);
        assertEquals(1, bench.typing.type("connect --docker"));
        assertTrue(
                bench.typing.err().contains("error: the helper that reads the kubeconfig ended without an answer"),
                bench.typing.err());
    }

    @Test
    void aStoppedEngineIsOneSentence() throws Exception {
        bench.engine.failures.put(
                "info", "Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?");
        assertEquals(1, bench.typing.type("connect --docker"));
        assertTrue(bench.typing.err().contains(": error: the Docker engine does not answer:"), bench.typing.err());
        assertEquals(1, bench.typing.err().lines().count());
    }

    @Test
    void aNameThatIsNoContainersIsRefused() throws Exception {
        assertEquals(1, bench.typing.type("connect --docker --name -x/y"));
        assertTrue(bench.typing.err().contains("\"-x/y\" is not a valid --name with --docker"), bench.typing.err());
        assertEquals(List.of(), bench.engine.state());
    }

    @Test
    void aCommandRunsInsideAndEndsWhatWasStartedForIt() throws Exception {
        bench.typing.childExit = 7;
        assertEquals(7, bench.typing.type("connect --docker -- make test"));
        assertTrue(bench.typing.children.getFirst().startsWith("[make, test]"), bench.typing.children.toString());
        assertEquals(List.of(), bench.engine.state());
        bench.connection("dev-default-cn");
        bench.typing.type("connect --docker -- make test");
        assertEquals(2, bench.engine.state().size());
        assertTrue(bench.daemon("dev-default-cn").connected, "it was connected before");
    }
}
