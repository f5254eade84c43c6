package io.telepresence.local;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import java.io.IOException;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sits on a listening unix socket and closes each connection whose peer may not be here, before a byte is read. */
final class PeerCheck extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(PeerCheck.class);
    private final Set<Long> allowed;

    private PeerCheck(Set<Long> allowed) {
        this.allowed = allowed;
    }

    /** A listening socket that serves only these users. */
    static EpollServerDomainSocketChannel socket(Set<Long> allowed) {
        EpollServerDomainSocketChannel socket = new EpollServerDomainSocketChannel();
        socket.pipeline().addLast(new PeerCheck(allowed));
        return socket;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object accepted) {
        EpollDomainSocketChannel peer = (EpollDomainSocketChannel) accepted;
        if (allowed(peer)) {
            context.fireChannelRead(accepted);
        } else {
            peer.unsafe().closeForcibly();
        }
    }

    private boolean allowed(EpollDomainSocketChannel peer) {
        try {
            long uid = Integer.toUnsignedLong(peer.peerCredentials().uid());
            if (allowed.contains(uid)) {
                return true;
            }
            LOG.warn("connection of user {} refused", uid);
        } catch (IOException e) {
            LOG.warn("connection without credentials refused", e);
        }
        return false;
    }
}
