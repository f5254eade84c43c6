package io.telepresence.agent.http2;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2LocalFlowController;
import io.netty.handler.codec.http2.DefaultHttp2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.Http2EventAdapter;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.WeightedFairQueueByteDistributor;

/**
 * Our end of one HTTP/2 connection: writes frames, and flushes once for all that one turn of the loop has written. All
 * methods on the channel's loop. What the peer sends goes to the events given; PING and SETTINGS are answered here.
 */
final class Http2Peer {
    /** As an HTTP/1 head may have. */
    private static final int LARGEST_HEAD = 64 << 10;
    /** More streams at once than any server is known to allow by default; bounds what a caller can make us keep. */
    static final int MOST_STREAMS = 4096;

    /** What a stream may send before it is another's turn; Netty's 1 KiB would make small frames of large ones. */
    private static final int LARGE_FRAME = 16 << 10;

    private static final int LAST_POSSIBLE_STREAM = Integer.MAX_VALUE;

    private final Channel channel;
    private final Http2ConnectionHandler handler;
    private final Http2Connection.PropertyKey tenant;
    private ChannelHandlerContext context;
    private boolean flushing;

    private Http2Peer(Channel channel, Http2ConnectionHandler handler) {
        this.channel = channel;
        this.handler = handler;
        this.tenant = handler.connection().newKey();
    }

    /** For a channel whose peer is a caller. */
    static Http2Peer server(Channel channel, Http2EventAdapter events) {
        Http2Settings settings = settings(FlowControlWindows.NEAR).maxConcurrentStreams(MOST_STREAMS);
        return new Http2Peer(channel, handler(true, settings, events));
    }

    /** For a channel whose peer is a server. */
    static Http2Peer client(Channel channel, FlowControlWindows windows, Http2EventAdapter events) {
        Http2Settings settings = settings(windows).pushEnabled(false);
        return new Http2Peer(channel, handler(false, settings, events));
    }

    private static Http2Settings settings(FlowControlWindows windows) {
        return Http2Settings.defaultSettings()
                .initialWindowSize(windows.stream())
                .maxHeaderListSize(LARGEST_HEAD);
    }

    /**
     * How often a caller may cancel streams is not for us to limit: every cancelled stream is cancelled at the app as
     * well, which has its own limit, and its GOAWAY is passed on.
     */
    private static Http2ConnectionHandler handler(boolean server, Http2Settings settings, Http2EventAdapter events) {
        DefaultHttp2Connection connection = new DefaultHttp2Connection(server);
        WeightedFairQueueByteDistributor shares = new WeightedFairQueueByteDistributor(connection);
        shares.allocationQuantum(LARGE_FRAME);
        connection.remote().flowController(new DefaultHttp2RemoteFlowController(connection, shares));
        Http2ConnectionHandler handler = new Http2ConnectionHandlerBuilder()
                .connection(connection)
                .frameListener(events)
                .initialSettings(settings)
                .encoderIgnoreMaxHeaderListSize(true)
                .decoderEnforceMaxRstFramesPerWindow(0, 0)
                .encoderEnforceMaxRstFramesPerWindow(0, 0)
                .gracefulShutdownTimeoutMillis(-1)
                .build();
        handler.setCumulator(Cumulation.CUMULATOR);
        connection.addListener(events);
        return handler;
    }

    /** Begins to speak; the channel is active. {@code ending} hears of the channel's end before the streams do. */
    void begin(FlowControlWindows windows, ChannelEnding ending) throws Http2Exception {
        channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, false);
        channel.pipeline().addLast(ending, handler, CodecFailure.HANDLER);
        context = channel.pipeline().context(handler);
        Http2Connection connection = handler.connection();
        DefaultHttp2LocalFlowController flow =
                (DefaultHttp2LocalFlowController) connection.local().flowController();
        int more = windows.connection() - flow.initialWindowSize(connection.connectionStream());
        flow.incrementWindowSize(connection.connectionStream(), more);
        flushSoon();
        channel.config().setAutoRead(true);
    }

    /** Feeds what was read before we were there. */
    void receive(ByteBuf first) throws Exception {
        handler.channelRead(context, first);
        handler.channelReadComplete(context);
    }

    Channel channel() {
        return channel;
    }

    boolean mayOpenStream() {
        return handler.connection().local().canOpenStream();
    }

    int streams() {
        return handler.connection().numActiveStreams();
    }

    /** The peer's stream with this number, null if it is over. */
    Http2Stream stream(int id) {
        return handler.connection().stream(id);
    }

    /** Remembers whose stream it is. */
    void settle(int id, Object owner) {
        Http2Stream stream = stream(id);
        if (stream != null) {
            stream.setProperty(tenant, owner);
        }
    }

    /** Whose stream it is, null if nobody's. */
    <T> T tenant(Http2Stream stream) {
        return stream == null ? null : stream.getProperty(tenant);
    }

    /** Opens a stream with its first headers and returns its number. */
    int open(Http2Headers headers, boolean end) {
        int id = handler.connection().local().incrementAndGetNextStreamId();
        headers(id, headers, end);
        return id;
    }

    void headers(int id, Http2Headers headers, boolean end) {
        handler.encoder().writeHeaders(context, id, headers, 0, end, channel.newPromise());
        flushSoon();
    }

    /**
     * @param data owned by this call
     * @param left called when it has left, or never will
     */
    void data(int id, ByteBuf data, int padding, boolean end, Runnable left) {
        handler.encoder()
                .writeData(context, id, data, padding, end, channel.newPromise())
                .addListener(done -> left.run());
        flushSoon();
    }

    void reset(int id, long code) {
        if (stream(id) != null) {
            handler.resetStream(context, id, code, channel.newPromise());
            flushSoon();
        }
    }

    /** The peer may send as many bytes more on this stream. */
    void passedOn(int id, int bytes) {
        Http2Stream stream = stream(id);
        if (stream == null || bytes == 0 || !channel.isActive()) {
            return; // a stream that is over has given its bytes back already
        }
        try {
            if (handler.connection().local().flowController().consumeBytes(stream, bytes)) {
                flushSoon();
            }
        } catch (Http2Exception e) {
            handler.onError(context, true, e);
        }
    }

    void settings(Http2Settings settings) {
        handler.encoder().writeSettings(context, settings, channel.newPromise());
        flushSoon();
    }

    /** Asks the peer to open no more streams; those that it opens nevertheless are served. */
    void announceEnd(long code, ByteBuf debug) {
        handler.goAway(context, LAST_POSSIBLE_STREAM, code, debug, channel.newPromise());
        flushSoon();
    }

    /** Takes no more streams, and closes when those that are open have ended. */
    void closeAfterStreams() {
        if (channel.isActive()) {
            context.channel().pipeline().close();
        }
    }

    /** Sends what has been written, as far as it can be sent at once, and closes. */
    void close() {
        if (channel.isActive()) {
            handler.flush(context);
            channel.pipeline().context(ChannelEnding.class).close();
        }
    }

    /** Closes at once, with a reset. */
    void abort() {
        if (channel.isActive()) {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            channel.pipeline().context(ChannelEnding.class).close();
        }
    }

    private void flushSoon() {
        if (!flushing) {
            flushing = true;
            channel.eventLoop().execute(() -> {
                flushing = false;
                handler.flush(context);
            });
        }
    }
}
