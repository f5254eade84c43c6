package io.telepresence.rootd.dns;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Type;

/**
 * The cluster's names with memory: equal questions at the same time are asked once, what was found is kept for as long
 * as its records allow (a minute at most), and what was not found for a moment, so that a burst is one question.
 * Thread-safe.
 */
final class ClusterDnsCache {
    private static final long LONGEST = 60;
    private static final long NANOS = 1_000_000_000L;
    private static final long FAILED_FOR = NANOS;
    private static final int MOST = 10_000;

    private record Key(String name, int type) {}

    private record Kept(LookupAnswer answer, long until) {}

    private final ClusterLookup lookup;
    private final LongSupplier nanoTime;
    private final Map<Key, CompletableFuture<LookupAnswer>> asking = new HashMap<>();
    private final Map<Key, Kept> kept = new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Kept> eldest) {
            return size() > MOST;
        }
    };
    private int generation;

    ClusterDnsCache(ClusterLookup lookup, LongSupplier nanoTime) {
        this.lookup = lookup;
        this.nanoTime = nanoTime;
    }

    /** Forgets everything: the same name may mean something else now. */
    synchronized void flush() {
        kept.clear();
        asking.clear();
        generation++;
    }

    /**
     * As the cluster's resolver answers, but a name that has an address of the other family exists: then the answer is
     * "no such record", not "no such name".
     */
    CompletableFuture<LookupAnswer> find(String name, int type) {
        CompletableFuture<LookupAnswer> asked = ask(name, type);
        int sibling = type == Type.A ? Type.AAAA : type == Type.AAAA ? Type.A : 0;
        if (sibling == 0) {
            return asked;
        }
        return asked.thenCompose(answer -> answer.rcode() != Rcode.NXDOMAIN
                ? CompletableFuture.completedFuture(answer)
                : ask(name, sibling)
                        .thenApply(other ->
                                other.rcode() == Rcode.NOERROR ? new LookupAnswer(Rcode.NOERROR, List.of()) : answer)
                        .exceptionally(e -> answer));
    }

    private CompletableFuture<LookupAnswer> ask(String name, int type) {
        Key key = new Key(name, type);
        CompletableFuture<LookupAnswer> promise;
        int born;
        synchronized (this) {
            Kept known = kept.get(key);
            if (known != null && known.until - nanoTime.getAsLong() > 0) {
                return CompletableFuture.completedFuture(known.answer);
            }
            CompletableFuture<LookupAnswer> running = asking.get(key);
            if (running != null) {
                return running;
            }
            promise = new CompletableFuture<>();
            born = generation;
            asking.put(key, promise);
        }
        lookup(name, type).whenComplete((answer, error) -> {
            done(key, promise, born, answer);
            if (error != null) {
                promise.completeExceptionally(error);
            } else {
                promise.complete(answer);
            }
        });
        return promise;
    }

    /** Whoever waits for the promise hears of it where the tunnel has ended, too. */
    private CompletionStage<LookupAnswer> lookup(String name, int type) {
        try {
            return lookup.lookup(name, type);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private synchronized void done(Key key, CompletableFuture<LookupAnswer> promise, int born, LookupAnswer answer) {
        asking.remove(key, promise);
        if (answer != null && born == generation) {
            long nanos = lifetime(answer);
            kept.put(key, new Kept(answer, nanoTime.getAsLong() + nanos));
        }
    }

    private static long lifetime(LookupAnswer answer) {
        if (answer.rcode() != Rcode.NOERROR || answer.records().isEmpty()) {
            return FAILED_FOR;
        }
        long shortest = answer.records().stream()
                .mapToLong(LookupAnswer.Record::ttlSeconds)
                .min()
                .orElse(0);
        return Math.clamp(shortest, 1, LONGEST) * NANOS;
    }
}
