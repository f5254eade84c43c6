package io.telepresence.manager.identity;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.telepresence.identity.ConnectionProof;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Collections;
import java.util.HexFormat;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which key each open connection of a port has proved. A connection is undecided until its first bytes say that it has none,
 * or until its proof is checked; there are never more than {@link Limits#most} such: one more closes the oldest. Thread-safe.
 */
public final class ConnectionKeys {
    /** After a restart many clients come at once, each with several connections, from behind one kubelet. */
    private static final Limits LIMITS = new Limits(1024, Duration.ofSeconds(10));

    private final String namespace;
    private final Limits limits;
    private final SecureRandom random = new SecureRandom();
    /** A channel has one object for its peer, and hands it to all who ask: this very object, not its value, is the key. */
    private final Map<SocketAddress, Proved> proved = Collections.synchronizedMap(new IdentityHashMap<>());

    private final Set<KeyHandshake> undecided = new LinkedHashSet<>();

    /**
     * @param most connections that are undecided at once
     * @param within from the accept until it is decided or closed
     */
    record Limits(int most, Duration within) {}

    private record Proved(String key, Channel channel) {}

    /** @param namespace the manager's */
    public ConnectionKeys(String namespace) {
        this(namespace, LIMITS);
    }

    ConnectionKeys(String namespace, Limits limits) {
        this.namespace = namespace;
        this.limits = limits;
    }

    /** Makes listening TCP sockets whose connections may begin with a proof. */
    public ChannelFactory<ServerChannel> sockets() {
        return () -> {
            EpollServerSocketChannel socket = new EpollServerSocketChannel();
            socket.pipeline().addLast(new Acceptor());
            return socket;
        };
    }

    /**
     * The fingerprint of the key that an open connection has proved; empty: none. An address that another connection had before,
     * and an equal object that is not the connection's own, have none.
     *
     * @param peer the connection's own object
     */
    public String of(SocketAddress peer) {
        Proved found = peer == null ? null : proved.get(peer);
        return found == null ? "" : found.key();
    }

    /** Closes the connections that have proved that key. */
    public void close(String key) {
        all().stream().filter(one -> one.key().equals(key)).forEach(one -> one.channel()
                .close());
    }

    /** Those that open connections have proved. */
    public Set<String> keys() {
        return all().stream().map(Proved::key).collect(Collectors.toSet());
    }

    private List<Proved> all() {
        synchronized (proved) {
            return List.copyOf(proved.values());
        }
    }

    /** Connections that have proved a key. */
    public int proved() {
        return proved.size();
    }

    public synchronized int undecided() {
        return undecided.size();
    }

    Limits limits() {
        return limits;
    }

    byte[] nonce() {
        byte[] nonce = new byte[ConnectionProof.NONCE_BYTES];
        random.nextBytes(nonce);
        return nonce;
    }

    /** Takes a few tenths of a millisecond: no reason to leave the event loop. */
    boolean verify(byte[] nonce, byte[] publicKey, byte[] signature) {
        return ConnectionProof.verify(namespace, nonce, publicKey, signature);
    }

    void accept(Channel channel) {
        KeyHandshake handshake = new KeyHandshake(this);
        KeyHandshake victim = add(handshake);
        channel.pipeline().addFirst(handshake);
        channel.closeFuture().addListener(_ -> decided(handshake));
        if (victim != null) {
            victim.drop("too many connections begin");
        }
    }

    private synchronized KeyHandshake add(KeyHandshake handshake) {
        KeyHandshake victim = null;
        if (undecided.size() >= limits.most()) {
            Iterator<KeyHandshake> oldest = undecided.iterator();
            victim = oldest.next();
            oldest.remove();
        }
        undecided.add(handshake);
        return victim;
    }

    synchronized void decided(KeyHandshake handshake) {
        undecided.remove(handshake);
    }

    void proved(Channel channel, byte[] publicKey) {
        SocketAddress peer = channel.remoteAddress();
        Proved has = new Proved(fingerprint(publicKey), channel);
        proved.put(peer, has);
        channel.closeFuture().addListener(_ -> proved.remove(peer, has));
    }

    /** SHA-256 in hex. */
    static String fingerprint(byte[] publicKey) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(publicKey));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    static byte[] ascii(String word) {
        return word.getBytes(StandardCharsets.US_ASCII);
    }

    /** Of a listening socket: sees each connection before anybody else does. */
    @ChannelHandler.Sharable
    private final class Acceptor extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object accepted) {
            accept((Channel) accepted);
            context.fireChannelRead(accepted);
        }
    }
}
