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

    private final ClusterNames cluster;
    private final Upstream upstream;
    private final Semaphore room = new Semaphore(MOST);
    private volatile NameRules rules;

    public Resolver(DnsSettings settings, ClusterLookup lookup, Upstream upstream, LongSupplier nanoTime) {
        this.rules = new NameRules(settings);
        this.cluster = new ClusterNames(lookup, nanoTime);
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
        Verdict verdict = rules.decide(Replies.text(question.getName()), question.getType());
        return switch (verdict) {
            case Verdict.Local l -> upstream.ask(query, overTcp);
            case Verdict.LocalFirst l -> localElseCluster(query, message, l, overTcp);
            case Verdict.Cluster c when c.elseLocal() -> fromClusterElse(query, message, c, overTcp);
            default -> answer(message, verdict).thenApply(reply -> Replies.wire(reply, message, overTcp));
        };
    }

    /** Own answers and the cluster's; the machine's resolver only for what an alias stands for. */
    private CompletableFuture<Message> answer(Message message, Verdict verdict) {
        return attempt(() -> switch (verdict) {
            case Verdict.NoSuchName n -> done(Replies.empty(message, Rcode.NXDOMAIN));
            case Verdict.Addresses a -> done(Replies.addresses(message, a.addresses()));
            case Verdict.Pointer p -> done(Replies.pointer(message, p.target()));
            case Verdict.Alias a -> alias(message, a.target());
            case Verdict.Cluster c -> fromCluster(message, c.names().iterator());
            case Verdict.Local l -> fromLocal(message);
            case Verdict.LocalFirst l ->
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
            byte[] query, Message message, Verdict.LocalFirst verdict, boolean overTcp) {
        return upstream.ask(query, overTcp).thenCompose(local -> {
            if ((local[3] & 0xf) != Rcode.NXDOMAIN) {
                return done(local);
            }
            return fromCluster(message, verdict.names().iterator())
                    .thenApply(reply ->
                            reply.getRcode() == Rcode.NXDOMAIN ? local : Replies.wire(reply, message, overTcp));
        });
    }

    private CompletableFuture<byte[]> fromClusterElse(
            byte[] query, Message message, Verdict.Cluster verdict, boolean overTcp) {
        return fromCluster(message, verdict.names().iterator())
                .exceptionally(e -> Replies.empty(message, Rcode.SERVFAIL))
                .thenCompose(reply -> switch (reply.getRcode()) {
                    case Rcode.NXDOMAIN -> upstream.ask(query, overTcp);
                    // The cluster is silent, but the name may be a public one.
                    case Rcode.NOERROR -> done(Replies.wire(reply, message, overTcp));
                    default -> elsewhere(query, message, reply, overTcp);
                });
    }

    private CompletableFuture<byte[]> elsewhere(byte[] query, Message message, Message failed, boolean overTcp) {
        byte[] failure = Replies.wire(failed, message, overTcp);
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
                return done(Replies.empty(message, Rcode.NOERROR));
            }
            return attempt(() -> done(Replies.cluster(message, answer, name)));
        });
    }

    private CompletableFuture<Message> alias(Message message, String target) throws IOException {
        Message other = Replies.ask(message, target);
        Verdict verdict = rules.decide(target, message.getQuestion().getType());
        if (verdict instanceof Verdict.Alias) {
            return done(Replies.empty(message, Rcode.SERVFAIL)); // an alias of an alias may be a circle
        }
        return answer(other, verdict).thenCompose(found -> attempt(() -> done(Replies.alias(message, target, found))));
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
        return Replies.wire(Replies.empty(message, Rcode.SERVFAIL), message, overTcp);
    }
}
