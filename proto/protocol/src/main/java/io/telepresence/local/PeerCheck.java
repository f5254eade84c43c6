package io.telepresence.local;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import java.io.IOException;
import java.util.Set;
import java.util.function.LongPredicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sits on a listening unix socket and closes each connection whose peer may not be here, before a byte is read. */
final class PeerCheck extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(PeerCheck.class);
    private final LongPredicate allowed;

    private PeerCheck(LongPredicate allowed) {
        this.allowed = allowed;
    }

    /** Serves only these users. */
    static PeerCheck users(Set<Long> uids) {
        return new PeerCheck(Set.copyOf(uids)::contains);
    }

    /** Whom the mode of the socket lets in is served. */
    static PeerCheck anybody() {
        return new PeerCheck(uid -> true);
    }

    /** A listening socket that does this check. */
    static EpollServerDomainSocketChannel socket(PeerCheck check) {
        EpollServerDomainSocketChannel socket = new EpollServerDomainSocketChannel();
        socket.pipeline().addLast(check);
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
            if (allowed.test(uid)) {
                return true;
            }
            LOG.warn("connection of user {} refused", uid);
        } catch (IOException e) {
            LOG.warn("connection without credentials refused", e);
        }
        return false;
    }
}
