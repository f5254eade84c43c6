package io.telepresence.manager.network;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.TextParseException;

/**
 * Asks the cluster's DNS one question at a time, just as it was put: no search path, no cache. UDP first, TCP where the
 * answer was cut. A question that is lost is put again, as any resolver does, and so is one that nobody can take just now:
 * in a node's rules a Service may be without a pod for a moment. Any thread; never blocks.
 */
public final class ClusterDnsClient {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterDnsClient.class);
    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(4);
    private static final Duration LONGEST_TIMEOUT = Duration.ofSeconds(20);
    /** After that a question counts as lost while others can be asked, or the same server again. */
    private static final Duration LOST = Duration.ofSeconds(1);

    private static final Duration PAUSE = Duration.ofMillis(200);
    private static final int MOST_AT_ONCE = 1024;
    private static final int MOST_OF_ONE = 128;

    private final List<InetSocketAddress> servers;
    private final FairShare places = new FairShare(MOST_AT_ONCE, MOST_OF_ONE);

    /** @param servers asked in this order, and again, until one answers */
    public ClusterDnsClient(List<InetSocketAddress> servers) {
        this.servers = List.copyOf(servers);
    }

    /**
     * @param rcode RFC 1035 RCODE; SERVFAIL where no server answered
     * @param records the whole answer section, in order
     */
    public record Answer(int rcode, List<Resource> records) {
        static Answer failed() {
            return new Answer(Rcode.SERVFAIL, List.of());
        }
    }

    /** @param rdata without name compression */
    public record Resource(String name, int type, long ttl, byte[] rdata) {}

    /**
     * @param caller the session that asks: each has a share of the questions that are asked at a time
     * @param name fully qualified, with or without the last dot
     * @param timeout for the whole question; zero: the default
     * @return never fails: trouble is an answer with SERVFAIL, a name that is none is FORMERR
     */
    public CompletionStage<Answer> lookup(String caller, String name, int type, Duration timeout) {
        Message query;
        try {
            Name absolute = Name.fromString(name, Name.root);
            query = Message.newQuery(Record.newRecord(absolute, type, DClass.IN));
        } catch (TextParseException | IllegalArgumentException e) {
            return CompletableFuture.completedStage(new Answer(Rcode.FORMERR, List.of()));
        }
        if (servers.isEmpty() || !places.take(caller)) {
            return CompletableFuture.completedStage(Answer.failed());
        }
        Duration desired = timeout.isZero() ? DEFAULT_TIMEOUT : timeout;
        Duration whole = desired.compareTo(LONGEST_TIMEOUT) > 0 ? LONGEST_TIMEOUT : desired;
        return ask(query, 0, System.nanoTime() + whole.toNanos())
                .exceptionally(error -> {
                    LOG.debug("{} type {}: {}", name, type, error.toString());
                    return Answer.failed();
                })
                .whenComplete((_, _) -> places.give(caller));
    }

    /** @param attempt from 0; the last one waits for whatever is left */
    private CompletionStage<Answer> ask(Message query, int attempt, long end) {
        Duration left = Duration.ofNanos(Math.max(1_000_000, end - System.nanoTime()));
        Duration share = left.dividedBy(Math.max(1, servers.size() + 1 - attempt));
        SimpleResolver resolver = new SimpleResolver(servers.get(attempt % servers.size()));
        resolver.setTimeout(attempt < servers.size() && share.compareTo(LOST) > 0 ? LOST : share);
        return resolver.sendAsync(query).thenApply(ClusterDnsClient::read).exceptionallyCompose(error -> {
            if (end - System.nanoTime() <= PAUSE.toNanos()) {
                return CompletableFuture.failedStage(error);
            }
            Executor later = CompletableFuture.delayedExecutor(PAUSE.toMillis(), TimeUnit.MILLISECONDS, Runnable::run);
            return CompletableFuture.supplyAsync(() -> ask(query, attempt + 1, end), later)
                    .thenCompose(Function.identity());
        });
    }

    private static Answer read(Message reply) {
        return new Answer(
                reply.getRcode(),
                reply.getSection(Section.ANSWER).stream()
                        .map(ClusterDnsClient::resource)
                        .toList());
    }

    private static Resource resource(Record record) {
        byte[] whole = record.toWire(Section.ANSWER);
        // name, then type, class, TTL and RDLENGTH, then RDATA (RFC 1035 section 4.1.3)
        int start = record.getName().length() + 10;
        byte[] rdata = Arrays.copyOfRange(whole, start, whole.length);
        return new Resource(record.getName().toString(true), record.getType(), record.getTTL(), rdata);
    }
}
