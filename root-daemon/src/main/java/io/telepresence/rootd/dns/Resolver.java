package io.telepresence.rootd.dns;

import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Message;
import org.xbill.DNS.Opcode;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Type;

/**
 * Answers one question at a time: by itself, from the cluster, or from the machine's own resolver. Thread-safe, never
 * blocks. At most {@value #MOST} questions are worked on at once; more are answered with SERVFAIL, so that the asker
 * tries again.
 *
 * <p>A cluster that cannot be asked is SERVFAIL, never "no such name", which programs would believe for long.
 */
public final class Resolver {
    private static final Logger LOG = LoggerFactory.getLogger(Resolver.class);
    private static final int MOST = 512;
    private static final Set<Integer> CLUSTER_TYPES =
            Set.of(Type.A, Type.AAAA, Type.CNAME, Type.MX, Type.NS, Type.PTR, Type.SRV, Type.TXT);

    private final ClusterDnsCache cluster;
    private final DnsForwarder upstream;
    private final Semaphore room = new Semaphore(MOST);
    private volatile NameRules rules;

    public Resolver(DnsSettings settings, ClusterLookup lookup, DnsForwarder upstream, LongSupplier nanoTime) {
        this.rules = new NameRules(settings);
        this.cluster = new ClusterDnsCache(lookup, nanoTime);
        this.upstream = upstream;
    }

    /** New settings are in force from the next question on; nothing remembered outlives them. */
    public void settings(DnsSettings settings) {
        rules = new NameRules(settings);
        cluster.flush();
    }

    /** Names below which questions must come to us, for the machine's resolver. */
    public static List<String> domains(DnsSettings settings) {
        return new NameRules(settings).domains();
    }

    /** A name that only we know; whoever gets an answer for it reaches us. */
    public static String probe() {
        return NameRules.PROBE + "." + NameRules.SEARCH;
    }

    /** The suffix to put on the machine's search list. */
    public static String search() {
        return NameRules.SEARCH;
    }

    /**
     * Answers a DNS message.
     *
     * @return never fails; null if the message deserves no answer
     */
    CompletableFuture<byte[]> respond(byte[] query, boolean overTcp) {
        Message message;
        try {
            message = new Message(query);
        } catch (IOException e) {
            LOG.debug("not a DNS message: {}", e.getMessage());
            return CompletableFuture.completedFuture(null);
        }
        if (!room.tryAcquire()) {
            return CompletableFuture.completedFuture(failure(message, overTcp));
        }
        return begin(query, message, overTcp)
                .exceptionally(e -> {
                    LOG.debug("{}: {}", message.getQuestion(), e.toString());
                    return failure(message, overTcp);
                })
                .whenComplete((reply, e) -> room.release());
    }

    /** Never throws: whoever has taken room gives it back when this has ended. */
    private CompletableFuture<byte[]> begin(byte[] query, Message message, boolean overTcp) {
        try {
            return decide(query, message, overTcp);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private CompletableFuture<byte[]> decide(byte[] query, Message message, boolean overTcp) {
        Record question = message.getQuestion();
        boolean plain = question != null
                && message.getHeader().getOpcode() == Opcode.QUERY
                && question.getDClass() == DClass.IN;
        if (!plain) {
            return upstream.ask(query, overTcp);
        }
        NameDecision verdict = rules.decide(DnsReplies.text(question.getName()), question.getType());
        return switch (verdict) {
            case NameDecision.Local l -> upstream.ask(query, overTcp);
            case NameDecision.LocalFirst l -> localElseCluster(query, message, l, overTcp);
            case NameDecision.Cluster c when c.elseLocal() -> fromClusterElse(query, message, c, overTcp);
            default -> answer(message, verdict).thenApply(reply -> DnsReplies.wire(reply, message, overTcp));
        };
    }

    /** Own answers and the cluster's; the machine's resolver only for what an alias stands for. */
    private CompletableFuture<Message> answer(Message message, NameDecision verdict) {
        return attempt(() -> switch (verdict) {
            case NameDecision.NoSuchName n -> done(DnsReplies.empty(message, Rcode.NXDOMAIN));
            case NameDecision.Addresses a -> done(DnsReplies.addresses(message, a.addresses()));
            case NameDecision.Pointer p -> done(DnsReplies.pointer(message, p.target()));
            case NameDecision.Alias a -> alias(message, a.target());
            case NameDecision.Cluster c -> fromCluster(message, c.names().iterator());
            case NameDecision.Local l -> fromLocal(message);
            case NameDecision.LocalFirst l ->
                fromLocal(message)
                        .thenCompose(reply -> reply.getRcode() == Rcode.NXDOMAIN
                                ? fromCluster(message, l.names().iterator())
                                : done(reply));
        });
    }

    private CompletableFuture<Message> fromLocal(Message message) {
        return upstream.ask(message.toWire(), true).thenCompose(b -> attempt(() -> done(new Message(b))));
    }

    private CompletableFuture<byte[]> localElseCluster(
            byte[] query, Message message, NameDecision.LocalFirst verdict, boolean overTcp) {
        return upstream.ask(query, overTcp).thenCompose(local -> {
            if ((local[3] & 0xf) != Rcode.NXDOMAIN) {
                return done(local);
            }
            return fromCluster(message, verdict.names().iterator())
                    .thenApply(reply ->
                            reply.getRcode() == Rcode.NXDOMAIN ? local : DnsReplies.wire(reply, message, overTcp));
        });
    }

    private CompletableFuture<byte[]> fromClusterElse(
            byte[] query, Message message, NameDecision.Cluster verdict, boolean overTcp) {
        return fromCluster(message, verdict.names().iterator())
                .exceptionally(e -> DnsReplies.empty(message, Rcode.SERVFAIL))
                .thenCompose(reply -> switch (reply.getRcode()) {
                    case Rcode.NXDOMAIN -> upstream.ask(query, overTcp);
                    // The cluster is silent, but the name may be a public one.
                    case Rcode.NOERROR -> done(DnsReplies.wire(reply, message, overTcp));
                    default -> elsewhere(query, message, reply, overTcp);
                });
    }

    private CompletableFuture<byte[]> elsewhere(byte[] query, Message message, Message failed, boolean overTcp) {
        byte[] failure = DnsReplies.wire(failed, message, overTcp);
        return upstream.ask(query, overTcp)
                .thenApply(bytes -> (bytes[3] & 0xf) == Rcode.NOERROR ? bytes : failure)
                .exceptionally(e -> failure);
    }

    private CompletableFuture<Message> fromCluster(Message message, Iterator<String> names) {
        String name = names.next();
        int type = message.getQuestion().getType();
        boolean asked = CLUSTER_TYPES.contains(type);
        return cluster.find(name, asked ? type : Type.A).thenCompose(answer -> {
            if (answer.rcode() == Rcode.NXDOMAIN && names.hasNext()) {
                return fromCluster(message, names);
            }
            if (!asked && answer.rcode() == Rcode.NOERROR) {
                return done(DnsReplies.empty(message, Rcode.NOERROR));
            }
            return attempt(() -> done(DnsReplies.cluster(message, answer, name)));
        });
    }

    private CompletableFuture<Message> alias(Message message, String target) throws IOException {
        Message other = DnsReplies.ask(message, target);
        NameDecision verdict = rules.decide(target, message.getQuestion().getType());
        if (verdict instanceof NameDecision.Alias) {
            return done(DnsReplies.empty(message, Rcode.SERVFAIL)); // an alias of an alias may be a circle
        }
        return answer(other, verdict)
                .thenCompose(found -> attempt(() -> done(DnsReplies.alias(message, target, found))));
    }

    private interface Attempt<T> {
        CompletableFuture<T> run() throws IOException;
    }

    private static <T> CompletableFuture<T> attempt(Attempt<T> attempt) {
        try {
            return attempt.run();
        } catch (IOException e) {
            return CompletableFuture.failedFuture(new CompletionException(e));
        }
    }

    private static <T> CompletableFuture<T> done(T value) {
        return CompletableFuture.completedFuture(value);
    }

    private static byte[] failure(Message message, boolean overTcp) {
        return DnsReplies.wire(DnsReplies.empty(message, Rcode.SERVFAIL), message, overTcp);
    }
}
