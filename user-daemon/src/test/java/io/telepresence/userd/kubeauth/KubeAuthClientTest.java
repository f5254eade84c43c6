package io.telepresence.userd.kubeauth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.local.LocalChannel;
import io.telepresence.local.LocalServer;
import io.telepresence.rpc.connector.ConnectorGrpc;
import io.telepresence.rpc.connector.HostAnswer;
import io.telepresence.rpc.connector.HostQuestion;
import io.telepresence.rpc.connector.KubeFlags;
import io.telepresence.userd.connect.ClientKey;
import io.telepresence.userd.connect.ClientSources;
import io.telepresence.userd.kubeconfig.CredentialPlugin;
import io.telepresence.userd.kubeconfig.KubeTarget;
import io.telepresence.userd.kubeconfig.KubeconfigRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A daemon that has nothing asks a helper that has the user's files, over a real socket. */
@Timeout(90)
class KubeAuthClientTest {
    private static final String KUBECONFIG =
            """
            clusters:
            - {name: c, cluster: {server: "https://one:6443", certificate-authority: ca.pem}}
            users:
            - {name: files, user: {client-certificate: cert.pem, client-key: key.pem}}
            - {name: tokens, user: {tokenFile: token}}
            - name: plugin
              user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, interactiveMode: Never}}
            - name: broken
              user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./nothing, interactiveMode: Never}}
            contexts:
            - {name: files, context: {cluster: c, user: files, namespace: shop}}
            - {name: tokens, context: {cluster: c, user: tokens}}
            - {name: plugin, context: {cluster: c, user: plugin}}
            - {name: broken, context: {cluster: c, user: broken}}
            current-context: files
            """;

    @TempDir
    Path home;

    private final KubeAuthClient link = new KubeAuthClient();
    private final ClientSources sources = new KubeAuthSources(link);
    private final List<LocalChannel> channels = new ArrayList<>();
    private LocalServer server;

    @BeforeEach
    void open() throws Exception {
        long uid = ((Number) Files.getAttribute(home, "unix:uid")).longValue();
        server = LocalServer.start(home.resolve("s"), uid, Set.of(uid), List.of(new Service(link)));
        Files.writeString(home.resolve("kc"), KUBECONFIG);
        for (String name : List.of("ca", "cert", "key")) {
            Files.writeString(home.resolve(name + ".pem"), "hunter2 " + name);
        }
        Files.writeString(home.resolve("token"), "hunter2-1\n");
        Files.writeString(
                home.resolve("plugin"),
                """
                #!/bin/sh
                cd '%s'
                echo x >> count
                echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential",' \
                     '"status":{"token":"t'$(wc -l < count)'"}}'
                """
                        .formatted(home));
        Files.setPosixFilePermissions(
                home.resolve("plugin"), java.nio.file.attribute.PosixFilePermissions.fromString("rwx------"));
    }

    @AfterEach
    void close() throws Exception {
        channels.forEach(LocalChannel::close);
        server.close();
    }

    private static final class Service extends ConnectorGrpc.ConnectorImplBase {
        private final KubeAuthClient link;

        Service(KubeAuthClient link) {
            this.link = link;
        }

        @Override
        public StreamObserver<HostAnswer> serveHost(StreamObserver<HostQuestion> questions) {
            return link.serve(questions);
        }
    }

    /** The laptop's side of one stream. */
    private final class Helper implements StreamObserver<HostQuestion> {
        private final KubeAuthResolver answers;
        private final CompletableFuture<Throwable> ended = new CompletableFuture<>();
        private final LocalChannel channel = LocalChannel.open(home.resolve("s"));
        private final StreamObserver<HostAnswer> replies;

        Helper(KubeAuthResolver answers) {
            this.answers = answers;
            channels.add(channel);
            replies = ConnectorGrpc.newStub(channel.grpc()).serveHost(this);
        }

        @Override
        public void onNext(HostQuestion question) {
            if (answers != null) {
                replies.onNext(answers.answer(question, options(question.getResolve())));
            }
        }

        @Override
        public void onError(Throwable error) {
            ended.complete(error);
        }

        @Override
        public void onCompleted() {
            ended.complete(new IllegalStateException("completed"));
        }
    }

    private KubeconfigRequest options(KubeFlags wire) {
        Map<String, List<String>> flags = new java.util.TreeMap<>();
        wire.getFlagsMap().forEach((name, values) -> flags.put(name, values.getValuesList()));
        return new KubeconfigRequest(flags, wire.getKubeconfigEnv(), home, home, "", false);
    }

    private Helper helper() {
        return new Helper(new KubeAuthResolver(Map.of("HOME", home.toString(), "PATH", System.getenv("PATH"))));
    }

    private ClientSources.Found find(String context) throws FaultException {
        KubeconfigRequest options =
                new KubeconfigRequest(Map.of("context", List.of(context)), "kc", home, home, "", false);
        return sources.find(options, "");
    }

    private static CredentialPlugin.Answer credentials(ClientSources.Found found) throws FaultException {
        return found.target().via().plugin().run();
    }

    private void awaitPresent(boolean want) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (link.present() != want) {
            assertTrue(System.nanoTime() < end, "waited too long");
            Thread.onSpinWait();
        }
    }

    private static String data(Object value) {
        return new String(Base64.getDecoder().decode(value.toString()));
    }

    @Test
    void aKubeconfigIsHandedOverWithTheContentsOfItsFiles() throws Exception {
        helper();
        KubeTarget target = find("files").target();
        assertEquals("https://one:6443", target.server());
        assertEquals("shop", target.namespace());
        assertEquals("hunter2 ca", data(target.cluster().get("certificate-authority-data")));
        assertEquals("hunter2 cert", data(target.user().get("client-certificate-data")));
        assertEquals("hunter2 key", data(target.user().get("client-key-data")));
        assertEquals(
                Set.of("server", "certificate-authority-data"), target.cluster().keySet());
        assertEquals(
                Set.of("client-certificate-data", "client-key-data"),
                target.user().keySet());
        assertEquals(null, target.via().plugin());
        assertFalse(target.toString().contains("hunter2"));
    }

    @Test
    void aContainerHasTheSeatsOfItsLaptop() throws Exception {
        helper();
        assertEquals(
                ClientKey.ofThisMachine(Map.of(), home).bytes(),
                find("files").seats().bytes());
    }

    @Test
    void aTokenFileIsReadAgainAndAgain() throws Exception {
        helper();
        ClientSources.Found found = find("tokens");
        assertEquals(Set.of(), found.target().user().keySet());
        assertEquals("hunter2-1", credentials(found).token());
        Files.writeString(home.resolve("token"), "hunter2-2\n");
        assertEquals("hunter2-2", credentials(found).token());
        assertTrue(credentials(found).expires().isBefore(java.time.Instant.now().plusSeconds(61)));
    }

    @Test
    void aPluginRunsOnTheLaptopEachTime() throws Exception {
        helper();
        ClientSources.Found found = find("plugin");
        assertEquals("t1", credentials(found).token());
        assertEquals("t2", credentials(found).token());
        assertEquals(java.time.Instant.MAX, credentials(found).expires());
        assertFalse(found.target().user().containsKey("exec"));
    }

    @Test
    void whatGoesWrongOnTheLaptopIsTheSentenceHere() throws Exception {
        helper();
        Fault fault = assertThrows(FaultException.class, () -> find("ghost")).fault();
        assertEquals(Fault.Kind.CONFIG, fault.kind());
        assertTrue(fault.text().contains("ghost"), fault.text());
        ClientSources.Found broken = find("broken");
        Fault plugin =
                assertThrows(FaultException.class, () -> credentials(broken)).fault();
        assertTrue(plugin.text().contains("nothing"), plugin.text());
        Files.delete(home.resolve("key.pem"));
        Fault file = assertThrows(FaultException.class, () -> find("files")).fault();
        assertTrue(file.text().contains("key.pem"), file.text());
    }

    @Test
    void aHelperThatGoesIsMissedUntilTheNextComes() throws Exception {
        Helper first = helper();
        ClientSources.Found found = find("plugin");
        first.channel.close();
        awaitPresent(false);
        CompletableFuture<String> waits = CompletableFuture.supplyAsync(() -> {
            try {
                return credentials(found).token();
            } catch (FaultException e) {
                return e.fault().text();
            }
        });
        helper();
        awaitPresent(true);
        assertEquals(
                "no cluster was resolved that needs credentials",
                waits.get(20, TimeUnit.SECONDS),
                "it was asked, but knows no cluster yet");
        assertEquals("t1", credentials(find("plugin")).token());
    }

    /** As when the helper is killed while a plugin runs. */
    @Test
    void whoWaitsForAnAnswerHearsThatTheHelperIsGone() throws Exception {
        Helper silent = new Helper(null);
        awaitPresent(true);
        CompletableFuture<Fault> asked = CompletableFuture.supplyAsync(
                () -> assertThrows(FaultException.class, () -> find("files")).fault());
        silent.channel.close();
        Fault fault = asked.get(30, TimeUnit.SECONDS);
        assertEquals(Fault.Kind.UNREACHABLE, fault.kind());
        assertEquals(
                "the helper on the laptop that reads kubeconfigs and runs credential plugins is gone. Run"
                        + " \"telepresence connect --docker\" again",
                fault.toString());
    }

    @Test
    void aSecondHelperIsRefusedAndTheFirstGoesOn() throws Exception {
        helper();
        awaitPresent(true);
        Throwable refused = helper().ended.get(10, TimeUnit.SECONDS);
        assertEquals(Status.Code.ALREADY_EXISTS, Status.fromThrowable(refused).getCode());
        assertEquals("https://one:6443", find("files").target().server());
    }

    @Test
    void anAnswerThatNobodyWaitsForIsNothing() throws Exception {
        Helper helper = helper();
        awaitPresent(true);
        helper.replies.onNext(HostAnswer.newBuilder().setId(77).build());
        assertEquals("https://one:6443", find("files").target().server());
    }
}
