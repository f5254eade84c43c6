package io.telepresence.rootd.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Server;
import io.grpc.Status;
import io.telepresence.rootd.dns.LookupAnswer;
import io.telepresence.rpc.rootd.DnsConfig;
import io.telepresence.rpc.rootd.NetworkConfig;
import io.telepresence.run.Closers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Questions while the manager is replaced. */
class NetworkUplinkTest {
    private static final int A = 1;
    private static final int LIMIT_SECONDS = 20;

    @TempDir
    private Path folder;

    private final Closers opened = new Closers();
    private FakeUplinkManager manager;

    @BeforeEach
    void manages() {
        manager = new FakeUplinkManager(socket());
    }

    @AfterEach
    void close() throws Exception {
        opened.close();
    }

    @Test
    void waitsForTheSuccessor() throws Exception {
        Server first = manager();
        NetworkUplink link = link(10_000);
        assertEquals(0, answer(link.lookup("first", A)).rcode());
        first.shutdownNow().awaitTermination();
        CompletionStage<LookupAnswer> asked = link.lookup("second", A);
        manager();
        assertEquals(0, answer(asked).rcode());
    }

    @Test
    void waitsForTheFirstConnection() throws Exception {
        CompletionStage<LookupAnswer> asked = link(10_000).lookup("early", A);
        manager();
        assertEquals(0, answer(asked).rcode());
    }

    @Test
    void asksAgainUntilItsSessionIsKnown() throws Exception {
        manager.faults.addAll(List.of(Status.UNAVAILABLE, Status.UNAVAILABLE));
        manager();
        assertEquals(0, answer(link(10_000).lookup("again", A)).rcode());
        assertEquals(3, manager.heard.size());
        assertTrue(
                manager.heard.stream().allMatch(question -> question.getName().equals("again")));
    }

    @Test
    void whatLastsIsToldAtOnce() throws Exception {
        manager.faults.add(Status.INTERNAL);
        manager();
        assertEquals(Status.Code.INTERNAL, failure(link(10_000).lookup("broken", A)));
        assertEquals(1, manager.heard.size());
    }

    @Test
    void nobodyIsWaitedForLongerThanTheLimit() throws Exception {
        long began = System.nanoTime();
        Status.Code code = failure(link(300).lookup("lost", A));
        assertTrue(code == Status.Code.UNAVAILABLE || code == Status.Code.DEADLINE_EXCEEDED, code::toString);
        assertTrue(System.nanoTime() - began >= 300_000_000, "it was waited");
    }

    @Test
    void aQuestionEndsThoughItsLinkIsClosed() throws Exception {
        NetworkUplink link = link(300);
        CompletionStage<LookupAnswer> before = link.lookup("before", A);
        link.close();
        assertThrows(ExecutionException.class, () -> answer(before));
        CompletionStage<LookupAnswer> after = link.lookup("after", A);
        assertThrows(ExecutionException.class, () -> answer(after));
    }

    private static LookupAnswer answer(CompletionStage<LookupAnswer> asked) throws Exception {
        return asked.toCompletableFuture().get(LIMIT_SECONDS, TimeUnit.SECONDS);
    }

    private static Status.Code failure(CompletionStage<LookupAnswer> asked) {
        ExecutionException error = assertThrows(ExecutionException.class, () -> answer(asked));
        return Status.fromThrowable(error.getCause()).getCode();
    }

    private Path socket() {
        return folder.resolve("carrier.socket");
    }

    private NetworkUplink link(int limitMillis) {
        NetworkConfig config = NetworkConfig.newBuilder()
                .setCarrierSocket(socket().toString())
                .setSessionId("session")
                .setDns(DnsConfig.newBuilder().setLookupTimeoutMs(limitMillis))
                .build();
        return opened.add(NetworkUplink.open(config, uid -> true));
    }

    private Server manager() throws IOException {
        return manager.start(opened);
    }
}
