package io.telepresence.agent.tls;

import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslHandler;
import io.telepresence.agent.route.Destination;
import io.telepresence.agent.stream.Upstreams;
import io.telepresence.agree.PortProtocol;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * What to agree on with callers inside TLS: what the app would. If nobody has declared it, the app is asked by a
 * handshake, and its answer believed for a minute. Thread-safe.
 */
final class AppProtocols {
    private static final List<String> BOTH = List.of(TlsHandler.HTTP2, TlsHandler.HTTP1);
    private static final List<String> OLD = List.of(TlsHandler.HTTP1);
    private static final long BELIEVED_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final long PATIENCE_MILLIS = 2_000;

    private final PortProtocol.Http declared;
    private final Upstreams plain;
    private final Certificates certificates;
    private volatile Answer last;

    private record Answer(List<String> protocols, long nanos) {}

    AppProtocols(PortProtocol.Http declared, Upstreams plain, Certificates certificates) {
        this.declared = declared;
        this.plain = plain;
        this.certificates = certificates;
    }

    /** @param then called on the loop, now or after two seconds at most, with what to offer, best first */
    void ask(EventLoop loop, InetSocketAddress caller, String name, Consumer<List<String>> then) {
        Answer known = last;
        if (declared == PortProtocol.Http.ONE) {
            then.accept(OLD);
        } else if (declared == PortProtocol.Http.TWO) {
            then.accept(BOTH);
        } else if (known != null && System.nanoTime() - known.nanos() < BELIEVED_NANOS) {
            then.accept(known.protocols());
        } else {
            probe(loop, caller, name, then);
        }
    }

    private void probe(EventLoop loop, InetSocketAddress caller, String name, Consumer<List<String>> then) {
        AtomicBoolean answered = new AtomicBoolean();
        Consumer<List<String>> once = protocols -> {
            if (answered.compareAndSet(false, true)) {
                then.accept(protocols);
            }
        };
        loop.schedule(() -> once.accept(BOTH), PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        new TlsUpstreams(plain, certificates, name, BOTH)
                .connect(
                        loop,
                        Destination.TO_APP,
                        caller,
                        ChannelInboundHandlerAdapter::new,
                        channel -> {
                            String chosen =
                                    channel.pipeline().get(SslHandler.class).applicationProtocol();
                            channel.close();
                            List<String> protocols = TlsHandler.HTTP2.equals(chosen) ? BOTH : OLD;
                            last = new Answer(protocols, System.nanoTime());
                            once.accept(protocols);
                        },
                        error -> once.accept(BOTH));
    }
}
