package io.telepresence.agent.tcp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.telepresence.agent.detect.DetectedProtocol;
import io.telepresence.agent.detect.FrameBoundaries;
import io.telepresence.agent.http1.Http1;
import io.telepresence.agent.mirror.Mirror;
import io.telepresence.agent.route.ClientEndpoint;
import io.telepresence.agent.route.Destination;
import io.telepresence.agent.route.PortRoutes;
import io.telepresence.agent.stream.PortServices;
import io.telepresence.agent.stream.Relay;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.Consumer;

/**
 * One caller's connection, forwarded as it is. Where it goes is decided once, with one exception: a caller that began
 * like HTTP/1 keeps its connection for many requests, and each of them has a right to a verdict. So, when the rules have
 * changed meanwhile, and the caller sends what looks like a request after the other side spoke last, the connection is
 * from there on read as HTTP. Nothing of this costs anything while the rules stay as they are.
 *
 * <p>The same happens to a connection that leads to a laptop once the pod ends, so that its callers are asked to go on
 * elsewhere before the agent must cut them.
 *
 * <p>In the same way such a caller survives that the laptop it was delivered to is cut off between two requests.
 *
 * <p>Of HTTP/2, whose connections carry requests for hours, only the borders of the frames are followed: when the rules
 * have changed, the caller is told to go on with a new connection, which will be read; what is under way here goes on.
 *
 * <p>Everything happens on the loop of both channels.
 */
final class RawProxy {
    private final PortServices services;
    private final Http1 http;
    private final Consumer<RawProxy> recognized;
    private final DuplexChannel caller;
    private final InetSocketAddress address;
    private final Destination to;
    private final List<Mirror> tees;
    private DuplexChannel upstream;
    private PortRoutes judgedBy;
    private boolean spoken;
    private boolean likeHttp;
    private boolean callerSpokeLast;
    private boolean callerEnded;
    private FrameBoundaries seam;
    private boolean likeHttp2;
    private boolean toldToGo;

    /**
     * @param http null: never read as HTTP
     * @param judgedBy the rules that decided {@code to}; null: those in force when the caller first speaks
     * @param mirrors who gets a copy
     * @param recognized told if the caller turns out to speak HTTP/2
     */
    RawProxy(
            PortServices services,
            Http1 http,
            DuplexChannel caller,
            InetSocketAddress address,
            Destination to,
            PortRoutes judgedBy,
            List<ClientEndpoint> mirrors,
            Consumer<RawProxy> recognized) {
        this.services = services;
        this.recognized = recognized;
        this.http = http;
        this.caller = caller;
        this.address = address;
        this.to = to;
        this.judgedBy = judgedBy;
        this.likeHttp = http != null;
        this.seam = http == null ? null : new FrameBoundaries();
        this.tees = mirrors.isEmpty()
                ? List.of()
                : mirrors.stream()
                        .map(mirror -> services.mirrors().open(mirror, address))
                        .toList();
    }

    /** The handler of the channel that the caller's bytes will go to. */
    ChannelHandler upstreamHandler() {
        return new Relay(new FromUpstream());
    }

    /** The caller is registered already; what it does from now on counts. */
    void await() {
        caller.pipeline().addLast(new Relay(new FromCaller()));
    }

    /**
     * Begins, after {@link #await}; both channels are on the calling loop.
     *
     * @param open has the {@link #upstreamHandler}
     * @param first what the caller has sent already; owned by this
     * @param ended whether the caller has ended after that
     */
    void begin(DuplexChannel open, ByteBuf first, boolean ended) {
        upstream = open;
        if (!caller.isActive()) {
            giveUp(); // its relay went with it, before it could tell
        }
        Relay.join(caller, upstream, first, ended);
    }

    /** It never had a connection to go to. */
    void giveUp() {
        tees.forEach(Mirror::cut);
    }

    EventLoop loop() {
        return caller.eventLoop();
    }

    /** When the caller's connection is closed. */
    void closed(Runnable then) {
        caller.closeFuture().addListener(done -> then.run());
    }

    /** The rules are other ones now. */
    void rulesChanged() {
        if (caller.isActive() && mustGo() && seam.isOpen()) {
            tellToGo();
            caller.flush();
        }
    }

    private boolean mustGo() {
        return !toldToGo && isOutdated();
    }

    private void tellToGo() {
        toldToGo = true;
        caller.write(FrameBoundaries.goAway(), caller.voidPromise());
    }

    private void firstWords(ByteBuf data) {
        if (seam != null && !likeHttp2) {
            likeHttp2 = DetectedProtocol.of(data) == DetectedProtocol.HTTP2;
            if (likeHttp2) {
                recognized.accept(this);
            } else {
                seam = null;
            }
        }
    }

    private void readAsHttp(ByteBuf first, boolean goesOn) {
        tees.forEach(Mirror::end);
        Relay.part(caller, upstream);
        http.take(caller, address, first, goesOn ? upstream : null, goesOn ? to : null);
    }

    /** Whether requests from here on may have another verdict than the connection had. */
    private boolean isOutdated() {
        PortRoutes now = services.rules().get();
        if (now.isLeaving() && to instanceof Destination.ToClient) {
            return true;
        }
        if (now == judgedBy) {
            return false;
        }
        boolean outdated = judgedBy == null
                ? now.needsHttp()
                : now.needsHttp() || !now.raw().equals(judgedBy.raw());
        judgedBy = outdated ? judgedBy : now;
        return outdated;
    }

    private final class FromCaller implements Relay.Listener {
        @Override
        public boolean data(ByteBuf data) {
            firstWords(data);
            if (likeHttp && !callerSpokeLast) {
                boolean outdated = isOutdated();
                if (!spoken || outdated) {
                    likeHttp = DetectedProtocol.of(data).mayBeHttp1();
                    spoken = true;
                }
                if (likeHttp && outdated) {
                    readAsHttp(data, true);
                    return false;
                }
            }
            callerSpokeLast = true;
            for (Mirror tee : tees) {
                tee.data(data.retainedDuplicate());
            }
            return true;
        }

        @Override
        public void ended() {
            callerEnded = true;
            tees.forEach(Mirror::end);
        }

        @Override
        public boolean lost() {
            tees.forEach(Mirror::cut);
            return true;
        }
    }

    private final class FromUpstream implements Relay.Listener {
        @Override
        public boolean data(ByteBuf data) {
            if (seam != null) {
                int gap = seam.pass(data);
                if (gap > 0 && likeHttp2 && mustGo()) {
                    caller.write(data.readRetainedSlice(gap), caller.voidPromise());
                    tellToGo();
                }
            }
            if (callerSpokeLast) {
                callerSpokeLast = isInterim(data);
            } else if (!spoken) {
                likeHttp = false;
            }
            return true;
        }

        @Override
        public void ended() {
            likeHttp = false;
        }

        @Override
        public boolean lost() {
            boolean survives = likeHttp
                    && !callerSpokeLast
                    && !callerEnded
                    && caller.isActive()
                    && to instanceof Destination.ToClient
                    && (spoken || isCut());
            if (survives) {
                readAsHttp(Unpooled.EMPTY_BUFFER, false);
            } else {
                tees.forEach(Mirror::cut);
            }
            return !survives;
        }

        /** Whether the laptop was cut off because its engagement is over. */
        private boolean isCut() {
            return !services.rules().get().raw().destination().equals(to);
        }

        /** "Go on" with the body of the same request. */
        private boolean isInterim(ByteBuf data) {
            int begin = data.readerIndex();
            return data.readableBytes() > 9 && data.getByte(begin) == 'H' && data.getByte(begin + 9) == '1';
        }
    }
}
