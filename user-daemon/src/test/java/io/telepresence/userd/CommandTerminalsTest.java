package io.telepresence.userd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.telepresence.fault.FaultException;
import io.telepresence.local.LocalChannel;
import io.telepresence.local.LocalServer;
import io.telepresence.rpc.connector.ConnectorGrpc;
import io.telepresence.rpc.connector.PluginEnd;
import io.telepresence.rpc.connector.PluginRun;
import io.telepresence.rpc.connector.TerminalOffer;
import io.telepresence.userd.kubeconfig.PluginTerminal;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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

/** Plugins run where the command waits, and nobody waits for a command that has gone. */
@Timeout(30)
class CommandTerminalsTest {
    private static final PluginTerminal.Start START =
            new PluginTerminal.Start("login", List.of("--now"), Map.of("A", "1"), true);

    @TempDir
    Path directory;

    private final CommandTerminals terminals = new CommandTerminals();
    private LocalServer server;
    private LocalChannel command;

    @BeforeEach
    void open() throws Exception {
        long uid = ((Number) Files.getAttribute(directory, "unix:uid")).longValue();
        Path socket = directory.resolve("s");
        server = LocalServer.start(socket, uid, Set.of(uid), List.of(new Service()));
        command = LocalChannel.open(socket);
    }

    @AfterEach
    void close() throws Exception {
        command.close();
        server.close();
    }

    private final class Service extends ConnectorGrpc.ConnectorImplBase {
        @Override
        public void serveTerminal(TerminalOffer request, StreamObserver<PluginRun> to) {
            terminals.serve(request, (ServerCallStreamObserver<PluginRun>) to);
        }
    }

    /** The command's side: answers each run with the given end. */
    private final class Offer implements StreamObserver<PluginRun> {
        private final String id;
        private final PluginEnd end;
        private final CompletableFuture<PluginRun> seen = new CompletableFuture<>();

        /** @param end null: it does not answer */
        Offer(String id, PluginEnd end) {
            this.id = id;
            this.end = end;
            TerminalOffer offer =
                    TerminalOffer.newBuilder().setId(id).setReadable(true).build();
            ConnectorGrpc.newStub(command.grpc()).serveTerminal(offer, this);
        }

        @Override
        public void onNext(PluginRun run) {
            seen.complete(run);
            if (end != null) {
                terminals.ended(
                        end.toBuilder().setTerminal(id).setId(run.getId()).build());
            }
        }

        @Override
        public void onError(Throwable error) {
            seen.completeExceptionally(error);
        }

        @Override
        public void onCompleted() {
            seen.cancel(false);
        }
    }

    @Test
    void aPluginRunsThereAndItsOutputComesBack() throws Exception {
        Offer offer = new Offer(
                "one",
                PluginEnd.newBuilder()
                        .setExitCode(3)
                        .setOutput(ByteString.copyFromUtf8("out"))
                        .build());
        PluginTerminal terminal = terminals.find("one");
        assertTrue(terminal.present() && terminal.readable());
        PluginTerminal.Ended ended = terminal.run(START);
        assertEquals(3, ended.code());
        assertEquals("out", new String(ended.output(), StandardCharsets.UTF_8));
        PluginRun run = offer.seen.get(10, TimeUnit.SECONDS);
        assertEquals("login", run.getCommand());
        assertEquals(List.of("--now"), run.getArgumentsList());
        assertEquals(Map.of("A", "1"), run.getEnvironmentMap());
        assertTrue(run.getReads());
    }

    @Test
    void oneThatCannotBeStartedIsToldFromOneThatFails() {
        Offer offer = new Offer(
                "one", PluginEnd.newBuilder().setNotStarted("no such file").build());
        assertThrows(IOException.class, () -> terminals.find("one").run(START));
        assertFalse(offer.seen.isCompletedExceptionally());
    }

    @Test
    void aCommandThatGoesEndsTheWait() throws Exception {
        Offer offer = new Offer("one", null);
        PluginTerminal terminal = terminals.find("one");
        CompletableFuture<String> waits = CompletableFuture.supplyAsync(() -> {
            try {
                return terminal.run(START).toString();
            } catch (FaultException | IOException e) {
                return e.getMessage();
            }
        });
        assertEquals("login", offer.seen.get(10, TimeUnit.SECONDS).getCommand());
        command.close();
        assertEquals("the command ended while the credential plugin ran", waits.get(10, TimeUnit.SECONDS));
        assertFalse(terminal.present());
        assertThrows(FaultException.class, () -> terminal.run(START));
        assertSame(PluginTerminal.NONE, terminals.find("one"));
    }

    @Test
    void aCommandWithoutATerminalHasNone() {
        assertSame(PluginTerminal.NONE, terminals.find(""));
        assertSame(PluginTerminal.NONE, terminals.find("never offered"));
    }
}
