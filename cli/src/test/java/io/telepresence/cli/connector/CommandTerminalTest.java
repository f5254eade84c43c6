package io.telepresence.cli.connector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.stub.StreamObserver;
import io.telepresence.local.LocalServer;
import io.telepresence.rpc.common.Empty;
import io.telepresence.rpc.connector.ConnectorGrpc;
import io.telepresence.rpc.connector.KubeFlags;
import io.telepresence.rpc.connector.Names;
import io.telepresence.rpc.connector.PluginEnd;
import io.telepresence.rpc.connector.PluginRun;
import io.telepresence.rpc.connector.TerminalOffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A command runs the credential plugins that its daemon needs, and brings its environment along. */
@Timeout(60)
final class CommandTerminalTest {
    @TempDir
    private Path directory;

    private final Service service = new Service();
    private final AtomicInteger cleared = new AtomicInteger();
    private LocalServer server;
    private GrpcDaemon daemon;

    @BeforeEach
    void start() throws Exception {
        Path socket = directory.resolve("s");
        long uid = ((Number) Files.getAttribute(directory, "unix:uid")).longValue();
        server = LocalServer.start(socket, uid, Set.of(uid), List.of(service));
        daemon = new GrpcDaemon(socket);
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
    }

    /** A daemon that has a plugin run before it lists namespaces: their names are what the plugin printed. */
    private static final class Service extends ConnectorGrpc.ConnectorImplBase {
        private final CompletableFuture<TerminalOffer> offer = new CompletableFuture<>();
        private final CompletableFuture<StreamObserver<PluginRun>> runs = new CompletableFuture<>();
        private final CompletableFuture<PluginEnd> end = new CompletableFuture<>();
        private final CompletableFuture<KubeFlags> asked = new CompletableFuture<>();
        private volatile PluginRun plugin = PluginRun.getDefaultInstance();
        /** What ends the wait besides the plugin's end. */
        private volatile Runnable begun;

        @Override
        public void serveTerminal(TerminalOffer request, StreamObserver<PluginRun> to) {
            offer.complete(request);
            runs.complete(to);
        }

        @Override
        public void pluginEnded(PluginEnd request, StreamObserver<Empty> to) {
            to.onNext(Empty.getDefaultInstance());
            to.onCompleted();
            end.complete(request);
        }

        @Override
        public void listNamespaces(KubeFlags request, StreamObserver<Names> to) {
            asked.complete(request);
            runs.thenAccept(r -> {
                r.onNext(plugin);
                if (begun != null) {
                    begun.run();
                    end.complete(PluginEnd.getDefaultInstance());
                }
                end.thenAccept(e -> {
                    to.onNext(Names.newBuilder()
                            .addNames(e.getOutput().toStringUtf8())
                            .build());
                    to.onCompleted();
                });
            });
        }
    }

    private io.telepresence.cli.daemon.KubeFlags flags() {
        return new io.telepresence.cli.daemon.KubeFlags(
                Map.of(),
                new io.telepresence.cli.daemon.KubeFlags.CallerEnvironment(
                        "", "/home/ann", directory.toString(), false, ""),
                new byte[0],
                new io.telepresence.cli.daemon.KubeFlags.Shell(Map.of("AWS_PROFILE", "dev"), cleared::incrementAndGet));
    }

    private static PluginRun script(String text) {
        return PluginRun.newBuilder()
                .setId(7)
                .setCommand("sh")
                .addAllArguments(List.of("-c", text))
                .putEnvironment("KUBERNETES_EXEC_INFO", "info")
                .build();
    }

    @Test
    void aPluginRunsHereAndTheDaemonGetsWhatItPrinted() throws Exception {
        service.plugin = script("printf '%s,%s' \"$KUBERNETES_EXEC_INFO\" \"$(cat)\"; exit 3");
        assertEquals(List.of("info,"), daemon.namespaces(flags()));
        PluginEnd end = service.end.get(10, TimeUnit.SECONDS);
        assertEquals(3, end.getExitCode());
        assertEquals(7, end.getId());
        KubeFlags asked = service.asked.get();
        assertEquals(Map.of("AWS_PROFILE", "dev"), asked.getEnvironmentMap());
        assertEquals(service.offer.get().getId(), asked.getTerminal());
        assertEquals(asked.getTerminal(), end.getTerminal());
        assertEquals(32, asked.getTerminal().length());
        assertEquals(1, cleared.get());
    }

    @Test
    void oneThatIsNotThereIsToldAsThat() throws Exception {
        service.plugin = PluginRun.newBuilder().setCommand("/no/such/plugin").build();
        assertEquals(List.of(""), daemon.namespaces(flags()));
        assertFalse(service.end.get().getNotStarted().isEmpty());
    }

    @Test
    void aPluginEndsWithTheCallThatNeededIt() throws Exception {
        Path pid = directory.resolve("pid");
        service.plugin = script("sleep 60 & echo $! > " + pid + ".new; mv " + pid + ".new " + pid + "; wait");
        service.begun = () -> await(() -> Files.exists(pid));
        assertEquals(List.of(""), daemon.namespaces(flags()));
        ProcessHandle.of(Long.parseLong(Files.readString(pid).strip()))
                .ifPresent(plugin -> await(() -> !plugin.isAlive()));
    }

    private static void await(java.util.function.BooleanSupplier now) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!now.getAsBoolean() && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertTrue(now.getAsBoolean(), "it did not happen within 10 s");
    }
}
