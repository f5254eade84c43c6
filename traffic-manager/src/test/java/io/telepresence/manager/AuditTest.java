package io.telepresence.manager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Message;
import io.telepresence.agree.Versions;
import io.telepresence.manager.cluster.FakeCluster;
import io.telepresence.manager.watch.FakeApiServer;
import io.telepresence.rpc.engagement.EngagementKind;
import io.telepresence.rpc.engagement.EngagementSpec;
import io.telepresence.rpc.manager.ClientArrival;
import io.telepresence.rpc.manager.ClientSession;
import io.telepresence.rpc.manager.DisengageRequest;
import io.telepresence.rpc.manager.EngageRequest;
import io.telepresence.rpc.manager.GatherLogsRequest;
import io.telepresence.rpc.manager.ManagerGrpc;
import io.telepresence.rpc.manager.SessionRef;
import io.telepresence.rpc.manager.UninstallRequest;
import io.telepresence.run.Closers;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Which lines the calls of clients leave behind. */
@Timeout(60)
class AuditTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path directory;

    private final Closers opened = new Closers();
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private Conversation ann;
    private String session;

    private final OutputStream audit = new OutputStream() {
        @Override
        public void write(int b) {
            throw new AssertionError("not a line at once");
        }

        @Override
        public void write(byte[] line) {
            lines.add(new String(line, StandardCharsets.US_ASCII));
        }
    };

    @BeforeEach
    void connect() throws Exception {
        FakeCluster cluster = new FakeCluster();
        cluster.addEcho();
        FakeApiServer api = opened.add(FakeApiServer.open());
        MemoryManager[] known = new MemoryManager[1];
        FakeAgents agents = new FakeAgents(api, () -> known[0].agents());
        Path resolvConf = Files.writeString(directory.resolve("resolv.conf"), "nameserver 127.0.0.1\n");
        known[0] = opened.add(MemoryManager.open(
                new MemoryManager.Around(cluster, api.url(), resolvConf, to -> to, agents::wanted, audit)));
        opened.add(agents);
        ann = opened.add(new Conversation(known[0].clients(), ManagerGrpc.getServiceDescriptor()));
        session = ann.get("ArriveAsClient", arrival("ann@laptop").build(), ClientSession.class)
                .getSessionId();
        assertLine("connect ok user= client=ann@laptop namespace=default");
    }

    @AfterEach
    void close() throws Exception {
        opened.close();
    }

    private static ClientArrival.Builder arrival(String name) {
        return ClientArrival.newBuilder()
                .setName(name)
                .setInstallId("install")
                .setNamespace("default")
                .setVersion(Versions.info("Client"));
    }

    private static EngageRequest engage(String session, String workload) {
        return EngageRequest.newBuilder()
                .setSessionId(session)
                .setSpec(EngagementSpec.newBuilder()
                        .setKind(EngagementKind.WIRETAP)
                        .setName("tap")
                        .setNamespace("default")
                        .setWorkload(workload))
                .build();
    }

    private void ask(String method, Message request) throws Exception {
        ann.ask(method, request);
    }

    /** Its verb and result, and these of its other keys. */
    private JsonNode assertLine(String expected) throws Exception {
        String line = lines.poll(10, TimeUnit.SECONDS);
        assertTrue(line != null && line.endsWith("}\n"), line);
        JsonNode read = JSON.readTree(line);
        StringBuilder found = new StringBuilder(
                read.get("audit").asString() + " " + read.get("result").asString());
        for (String key : new String[] {"user", "client", "namespace", "workload", "workloadKind", "kind", "reason"}) {
            if (read.has(key)) {
                found.append(' ').append(key).append('=').append(read.get(key).asString());
            }
        }
        assertEquals(expected, found.toString(), line);
        return read;
    }

    @Test
    void anEngagementFromItsBeginToItsEnd() throws Exception {
        ask("Engage", engage(session, "echo"));
        JsonNode begin = assertLine(
                "attach ok user= client=ann@laptop namespace=default workload=echo workloadKind=Deployment kind=wiretap");
        assertTrue(begin.get("engagement").asString().matches("[0-9a-f]{32}:tap"), begin::toString);
        ask(
                "Disengage",
                DisengageRequest.newBuilder()
                        .setSessionId(session)
                        .setName("tap")
                        .build());
        JsonNode end = assertLine(
                "detach left user= client=ann@laptop namespace=default workload=echo workloadKind=Deployment kind=wiretap");
        assertEquals(begin.get("engagement"), end.get("engagement"));
    }

    @Test
    void theEndOfASession() throws Exception {
        ask("Engage", engage(session, "echo"));
        assertLine(
                "attach ok user= client=ann@laptop namespace=default workload=echo workloadKind=Deployment kind=wiretap");
        ask("Depart", SessionRef.newBuilder().setSessionId(session).build());
        assertLine("detach session-over user= client=ann@laptop namespace=default workload=echo"
                + " workloadKind=Deployment kind=wiretap");
        assertLine("disconnect ok user= client=ann@laptop namespace=default reason=it has left");
    }

    @Test
    void whatIsRefused() throws Exception {
        ask("Engage", engage(session, "none"));
        JsonNode refused =
                assertLine("attach refused user= client=ann@laptop namespace=default workload=none kind=wiretap"
                        + " reason=found no Deployment, ReplicaSet or StatefulSet named none in namespace default");
        assertEquals("tap", refused.get("engagement").asString());
        ask("Engage", engage("session-" + "0".repeat(32), "echo"));
        assertLine("attach failed user= namespace=default workload=echo kind=wiretap"
                + " reason=the traffic-manager does not know this session");
        ask("Engage", engage(session, "no\nline"));
        assertLine(
                "attach refused user= client=ann@laptop namespace=default workload=no\nline kind=wiretap"
                        + " reason=there is a control character or a line break in \"workload\", or it is longer than 4096 characters");
        ask("ArriveAsClient", arrival("b\nb").build());
        assertLine(
                "connect refused user= client=b\nb namespace=default"
                        + " reason=there is a control character or a line break in \"name\", or it is longer than 4096 characters");
    }

    @Test
    void aSessionThatGoesOn() throws Exception {
        ask("ArriveAsClient", arrival("ann@laptop").setResumeSessionId(session).build());
        assertLine("connect resumed user= client=ann@laptop namespace=default");
        ask("Depart", SessionRef.newBuilder().setSessionId(session).build());
        assertLine("disconnect ok user= client=ann@laptop namespace=default reason=it has left");
        ask("ArriveAsClient", arrival("bob@desk").build());
        assertLine("connect ok user= client=bob@desk namespace=default");
    }

    @Test
    void logsAndUninstalls() throws Exception {
        ask(
                "GatherLogs",
                GatherLogsRequest.newBuilder()
                        .setSessionId(session)
                        .setTrafficManager(true)
                        .setTrafficAgents("None")
                        .build());
        assertLine("logs ok user= client=ann@laptop reason=traffic-manager: true, traffic-agents: None, YAML: false");
        ask(
                "Uninstall",
                UninstallRequest.newBuilder()
                        .setSessionId(session)
                        .addWorkloads("echo")
                        .build());
        assertLine("uninstall ok user= client=ann@laptop namespace=default workload=echo");
        ask(
                "Uninstall",
                UninstallRequest.newBuilder()
                        .setSessionId(session)
                        .setNamespace("nowhere")
                        .setAll(true)
                        .build());
        JsonNode refused = JSON.readTree(lines.poll(10, TimeUnit.SECONDS));
        assertEquals("uninstall", refused.get("audit").asString());
        assertEquals("refused", refused.get("result").asString());
        assertEquals("*", refused.get("workload").asString());
        assertTrue(refused.get("reason").asString().contains("nowhere"), refused::toString);
    }
}
