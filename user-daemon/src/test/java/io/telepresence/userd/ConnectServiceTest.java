package io.telepresence.userd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.fault.FaultException;
import io.telepresence.rpc.connector.ConnectRequest;
import io.telepresence.userd.connect.ClientKey;
import io.telepresence.userd.connect.ClientSources;
import io.telepresence.userd.connect.Connector;
import io.telepresence.userd.connect.DaemonPaths;
import io.telepresence.userd.kubeconfig.KubeTarget;
import io.telepresence.userd.rootd.FakeRootDaemon;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Between the answer to quit and the end of the daemon nothing begins. */
@Timeout(60)
class ConnectServiceTest {
    @TempDir
    Path directory;

    private final CountDownLatch ended = new CountDownLatch(1);
    private FakeRootDaemon root;
    private ConnectService service;

    @BeforeEach
    void open() throws Exception {
        root = new FakeRootDaemon(directory.resolve("root"));
        KubeTarget target = new KubeTarget("x", "default", Map.of("server", "http://127.0.0.1:1"), Map.of(), "u");
        ClientKey key = ClientKey.of(com.google.protobuf.ByteString.copyFromUtf8("key"));
        DaemonPaths place = new DaemonPaths(
                Map.of(),
                0,
                directory,
                directory.resolve("root"),
                directory,
                directory,
                Path.of("telepresence"),
                directory.resolve("mounts"),
                "install",
                (kube, file) -> new ClientSources.Found(target, List.of(), key),
                false);
        service = new ConnectService(new Connector(place), new CommandTerminals(), null, ended);
    }

    @AfterEach
    void close() throws Exception {
        root.close();
    }

    private String refusal() {
        FaultException fault = assertThrows(
                FaultException.class, () -> service.connect(ConnectRequest.getDefaultInstance(), event -> {}));
        return fault.fault().text();
    }

    @Test
    void quitSaysWhetherTheRootDaemonStaysAndTakesNoOtherConnect() throws Exception {
        assertTrue(refusal().contains("refuses connections"), "it tries");
        root.service = true;
        assertTrue(service.quit().getRootDaemonStays());
        assertEquals("the user daemon is ending", refusal());
        assertFalse(service.disconnect().getWasConnected());
        root.close();
        assertFalse(service.quit().getRootDaemonStays(), "one that is not there does not stay");
    }

    @Test
    void theDaemonEndsOnlyAfterTheAnswerToQuit() {
        service.quit();
        assertEquals(1, ended.getCount());
        service.end();
        assertEquals(0, ended.getCount());
    }
}
