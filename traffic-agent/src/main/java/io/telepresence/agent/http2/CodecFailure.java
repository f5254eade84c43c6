package io.telepresence.agent.http2;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands behind the codec: what the codec could not cope with (it had no memory, say) may have cost it some bytes, so
 * the connection cannot go on.
 */
@Sharable
final class CodecFailure extends ChannelInboundHandlerAdapter {
    static final CodecFailure HANDLER = new CodecFailure();
    private static final Logger LOG = LoggerFactory.getLogger(CodecFailure.class);

    private CodecFailure() {}

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        LOG.warn("an HTTP/2 connection failed: {}", cause.toString());
        LOG.debug("because of", cause);
        context.pipeline().context(ChannelEnding.class).close();
    }
}
