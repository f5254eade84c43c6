package io.telepresence.agent.tcp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.DuplexChannel;
import io.telepresence.agent.detect.DetectedProtocol;
import io.telepresence.agent.detect.ProtocolDetector;
import io.telepresence.agent.http1.Http1;
import io.telepresence.agent.route.Destination;
import io.telepresence.agent.route.PortRoutes;
import io.telepresence.agent.route.Route;
import io.telepresence.agent.stream.NotEngagedException;
import io.telepresence.agent.stream.PortServices;
import io.telepresence.agent.stream.PortUpstreams;
import io.telepresence.agent.stream.ProtocolHandler;
import io.telepresence.agent.stream.Sockets;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Takes the connections to one port of the app. As long as nobody wants some of the requests only, they are joined to
 * where they go and never looked at; otherwise their first bytes decide who speaks with the caller. Thread-safe.
 */
public final class TcpForwarder {
    private final PortServices services;
    private final PortUpstreams upstreams;
    private final EventLoopGroup loops;
    private final ProtocolHandlers speech;
    private final Http1 http;
    private final Set<RawProxy> http2 = ConcurrentHashMap.newKeySet();
    private final AtomicInteger open = new AtomicInteger();

    /** @param loops where connections to the app live */
    public TcpForwarder(PortServices services, PortUpstreams upstreams, EventLoopGroup loops, ProtocolHandlers speech) {
        this.services = services;
        this.upstreams = upstreams;
        this.loops = loops;
        this.speech = speech;
        this.http = new Http1(services, this::unread);
    }

    /**
     * Goes on with a connection that is inside another one (TLS, say) as if it had just been accepted, and is counted
     * there.
     *
     * @param caller registered, with nothing read yet; called on its loop
     */
    public static void inside(
            PortServices services, ProtocolHandlers speech, DuplexChannel caller, InetSocketAddress address) {
        new TcpForwarder(services, null, null, speech).listen(caller, address);
    }

    private void listen(DuplexChannel caller, InetSocketAddress address) {
        ProtocolDetector.begin(caller, (greeting, first, ended) -> speak(caller, address, greeting, first, ended));
    }

    /** Connections that have been accepted and not closed yet. */
    public int open() {
        return open.get();
    }

    /** Tells callers whose connections last for many requests that the rules are other ones now. */
    public void rulesChanged() {
        http2.forEach(raw -> raw.loop().execute(raw::rulesChanged));
    }

    private void keep(RawProxy raw) {
        http2.add(raw);
        raw.closed(() -> http2.remove(raw));
    }

    /** Takes over an accepted socket that is not registered with any loop; does not block. */
    public void accept(DuplexChannel caller) {
        open.incrementAndGet();
        InetSocketAddress address = (InetSocketAddress) caller.remoteAddress();
        if (address == null) {
            // The caller has gone while it waited to be accepted.
            drop(caller);
            return;
        }
        Sockets.configure(caller);
        PortRoutes rules = services.rules().get();
        boolean inside = speech.tls() != null && rules.wantsPlaintext();
        if (speech.parse() && (rules.needsHttp() || inside)) {
            register(caller, loops.next(), () -> listen(caller, address), () -> {});
        } else {
            forward(caller, address, rules, rules.raw());
        }
    }

    /** Joins it to where it goes before anything is read, so that a refusal there is a refusal here. */
    private void forward(DuplexChannel caller, InetSocketAddress address, PortRoutes rules, Route route) {
        RawProxy raw = new RawProxy(
                services,
                speech.parse() ? http : null,
                caller,
                address,
                route.destination(),
                rules,
                route.mirrors(),
                this::keep);
        switch (route.destination()) {
            case Destination.ToApp app ->
                upstreams.connect(
                        loops.next(),
                        app,
                        address,
                        raw::upstreamHandler,
                        channel -> join(caller, raw, (DuplexChannel) channel),
                        error -> refuse(caller, raw));
            case Destination.ToClient client ->
                upstreams.connectOnItsLoop(
                        client,
                        address,
                        raw::upstreamHandler,
                        channel -> {
                            services.report().delivered(client.target().engagementId());
                            join(caller, raw, (DuplexChannel) channel);
                        },
                        error -> {
                            if (error instanceof NotEngagedException) {
                                raw.giveUp();
                                forward(caller, address, rules, Route.APP);
                            } else {
                                refuse(caller, raw);
                            }
                        });
        }
    }

    private void join(DuplexChannel caller, RawProxy raw, DuplexChannel upstream) {
        register(
                caller,
                upstream.eventLoop(),
                () -> {
                    raw.await();
                    raw.begin(upstream, Unpooled.EMPTY_BUFFER, false);
                },
                () -> {
                    raw.giveUp();
                    Sockets.reset(upstream);
                });
    }

    /** Netty reads a caller that has ended already at once: on its loop, nothing comes between registering and {@code then}. */
    private void register(DuplexChannel caller, EventLoop loop, Runnable then, Runnable otherwise) {
        try {
            loop.execute(() -> loop.register(caller).addListener((ChannelFuture registered) -> {
                if (registered.isSuccess()) {
                    caller.closeFuture().addListener(done -> open.decrementAndGet());
                    then.run();
                } else {
                    otherwise.run();
                    drop(caller);
                }
            }));
        } catch (RejectedExecutionException e) {
            otherwise.run();
            drop(caller);
        }
    }

    private void refuse(Channel caller, RawProxy raw) {
        raw.giveUp();
        drop(caller);
    }

    private void drop(Channel caller) {
        boolean counted = !caller.isRegistered() && caller.isOpen();
        Sockets.reset(caller);
        if (counted) {
            open.decrementAndGet();
        }
    }

    /** Its first bytes are there. */
    private void speak(
            DuplexChannel caller, InetSocketAddress address, DetectedProtocol greeting, ByteBuf first, boolean ended) {
        ProtocolHandler speaker =
                switch (greeting) {
                    case HTTP1 -> http;
                    case HTTP2 -> speech.http2();
                    case TLS -> speech.tls();
                    case OTHER, UNDECIDED -> null;
                };
        if (speaker != null && speaker.isReady()) {
            speaker.take(caller, address, first);
        } else {
            boolean silent = !first.isReadable() && !ended;
            unread(caller, address, first, ended, silent ? http : null);
        }
    }

    /** It turned out to be no HTTP, and stays with the connection it went to, if there is one. */
    private void unread(
            DuplexChannel caller,
            InetSocketAddress address,
            ByteBuf first,
            boolean ended,
            DuplexChannel upstream,
            Destination to) {
        if (upstream == null) {
            unread(caller, address, first, ended, null);
        } else {
            RawProxy raw = new RawProxy(services, null, caller, address, to, PortRoutes.NONE, List.of(), c -> {});
            upstream.pipeline().addLast(raw.upstreamHandler());
            raw.await();
            raw.begin(upstream, first, ended);
        }
    }

    private void unread(DuplexChannel caller, InetSocketAddress address, ByteBuf first, boolean ended, Http1 later) {
        Route route = services.rules().get().raw();
        RawProxy raw =
                new RawProxy(services, later, caller, address, route.destination(), null, route.mirrors(), this::keep);
        raw.await();
        services.upstreams()
                .connect(
                        caller.eventLoop(),
                        route.destination(),
                        address,
                        raw::upstreamHandler,
                        channel -> {
                            if (route.destination() instanceof Destination.ToClient client) {
                                services.report().delivered(client.target().engagementId());
                            }
                            raw.begin((DuplexChannel) channel, first, ended);
                        },
                        error -> {
                            first.release();
                            refuse(caller, raw);
                        });
    }
}
