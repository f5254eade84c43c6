package io.telepresence.rootd.dns;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.testing.FakeTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Type;

/** Questions to the cluster while others are on their way, and what is remembered of the answers. */
class ClusterDnsCacheTest {

    private final List<CompletableFuture<LookupAnswer>> asked = new ArrayList<>();
    private final FakeTime time = new FakeTime();
    private boolean tunnelEnded;
    private final ClusterDnsCache cache = new ClusterDnsCache(this::ask, time);

    private CompletableFuture<LookupAnswer> ask(String name, int type) {
        if (tunnelEnded) {
            throw new RejectedExecutionException("event loop shut down");
        }
        asked.add(new CompletableFuture<>());
        return asked.getLast();
    }

    private static LookupAnswer found(long ttlSeconds) {
        return new LookupAnswer(
                Rcode.NOERROR, List.of(new LookupAnswer.Record("web", Type.MX, ttlSeconds, new byte[] {1, 2, 3})));
    }

    private static LookupAnswer nothing(int rcode) {
        return new LookupAnswer(rcode, List.of());
    }

    private CompletableFuture<LookupAnswer> find() {
        return cache.find("web", Type.MX);
    }

    @Test
    void whoAsksMeanwhileGetsTheSameAnswer() {
        CompletableFuture<LookupAnswer> first = find();
        CompletableFuture<LookupAnswer> second = find();
        assertEquals(1, asked.size());
        LookupAnswer answer = found(30);
        asked.getFirst().complete(answer);
        assertSame(answer, first.join());
        assertSame(answer, second.join());
    }

    @Test
    void anErrorIsForAllWhoWaitedAndIsNotRemembered() {
        CompletableFuture<LookupAnswer> first = find();
        CompletableFuture<LookupAnswer> second = find();
        asked.getFirst().completeExceptionally(new IOException("the manager is away"));
        assertTrue(first.isCompletedExceptionally());
        assertTrue(second.isCompletedExceptionally());
        find();
        assertEquals(2, asked.size());
    }

    @Test
    void aTunnelThatHasEndedIsAnErrorAndNobodyWaitsForEver() {
        tunnelEnded = true;
        assertTrue(find().isCompletedExceptionally());
        assertTrue(find().isCompletedExceptionally(), "nor who asks after that");
        tunnelEnded = false;
        assertFalse(find().isDone());
        assertEquals(1, asked.size());
    }

    @Test
    void recordsLiveAsLongAsTheySayAndAMinuteAtMost() {
        find();
        asked.getFirst().complete(found(100_000));
        time.advance(Duration.ofSeconds(59));
        assertTrue(find().isDone());
        time.advance(Duration.ofSeconds(2));
        assertFalse(find().isDone());
        asked.getLast().complete(found(0));
        assertTrue(find().isDone(), "a second at least, for a burst");
        time.advance(Duration.ofSeconds(2));
        assertFalse(find().isDone());
    }

    @Test
    void whatWasNotFoundIsRememberedForAMoment() {
        for (int rcode : List.of(Rcode.NXDOMAIN, Rcode.SERVFAIL, Rcode.NOERROR)) {
            find();
            int questions = asked.size();
            asked.getLast().complete(nothing(rcode));
            assertEquals(rcode, find().join().rcode());
            assertEquals(questions, asked.size());
            time.advance(Duration.ofSeconds(2));
        }
    }

    /** The answer belongs to the settings under which it was asked. */
    @Test
    void whatWasAskedBeforeAFlushIsNotRememberedAfterIt() {
        CompletableFuture<LookupAnswer> before = find();
        cache.flush();
        CompletableFuture<LookupAnswer> after = find();
        assertEquals(2, asked.size());
        asked.getFirst().complete(nothing(Rcode.NXDOMAIN));
        assertEquals(Rcode.NXDOMAIN, before.join().rcode());
        assertFalse(after.isDone());
        assertFalse(find().isDone(), "the old answer is not remembered");
        asked.getLast().complete(found(30));
        assertEquals(Rcode.NOERROR, find().join().rcode());
        assertEquals(2, asked.size());
    }

    @Test
    void aNameThatHasOnlyTheOtherFamilyExists() {
        CompletableFuture<LookupAnswer> v6 = cache.find("web", Type.AAAA);
        asked.getFirst().complete(nothing(Rcode.NXDOMAIN));
        assertFalse(v6.isDone());
        asked.getLast().complete(found(30));
        assertEquals(nothing(Rcode.NOERROR), v6.join());
        CompletableFuture<LookupAnswer> v4 = cache.find("web", Type.A);
        assertEquals(Rcode.NOERROR, v4.join().rcode());
        assertEquals(2, asked.size(), "it was remembered");
    }

    @Test
    void whereTheOtherFamilyCannotBeAskedTheFirstAnswerCounts() {
        CompletableFuture<LookupAnswer> v6 = cache.find("web", Type.AAAA);
        asked.getFirst().complete(nothing(Rcode.NXDOMAIN));
        asked.getLast().completeExceptionally(new IOException("away"));
        assertEquals(Rcode.NXDOMAIN, v6.join().rcode());
    }
}
