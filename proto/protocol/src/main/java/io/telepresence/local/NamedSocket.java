package io.telepresence.local;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.PeerCredentials;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A unix socket that somebody with fewer rights named. Root may connect to all of them, and is nobody's deputy: the owner
 * of the file is looked at before the connect, and the kernel's word on the process that listens (SO_PEERCRED) counts
 * before a byte is sent.
 */
public final class NamedSocket extends DomainSocketAddress {
    private static final long serialVersionUID = 1;
    private static final Logger LOG = LoggerFactory.getLogger(NamedSocket.class);

    private final transient Listeners listeners;

    /** Says whose sockets are connected to, and which processes may listen there. */
    public interface Listeners {
        /** @param uid owner of the file, and then of the process */
        boolean mayOwn(long uid);

        /** @param pid of a process of a user who {@link #mayOwn} */
        default boolean mayListen(int pid) {
            return true;
        }
    }

    public NamedSocket(Path socket, Listeners listeners) {
        super(socket.toFile());
        this.listeners = listeners;
    }

    /** A channel that checks such addresses; others are not checked. */
    public static EpollDomainSocketChannel channel() {
        EpollDomainSocketChannel channel = new EpollDomainSocketChannel();
        channel.pipeline().addLast(new Check());
        return channel;
    }

    private void checkFile() throws IOException {
        int uid = (Integer) Files.getAttribute(Path.of(path()), "unix:uid", LinkOption.NOFOLLOW_LINKS);
        if (!listeners.mayOwn(Integer.toUnsignedLong(uid))) {
            throw new ConnectException(path() + " belongs to user " + uid);
        }
    }

    private void checkListener(PeerCredentials peer) throws IOException {
        if (!listeners.mayOwn(Integer.toUnsignedLong(peer.uid())) || !listeners.mayListen(peer.pid())) {
            throw new ConnectException("process " + peer.pid() + " of user " + peer.uid() + " listens on " + path());
        }
    }

    /** One connection's; on its loop. */
    private static final class Check extends ChannelDuplexHandler {
        private NamedSocket named;
        private boolean trusted;

        @Override
        public void connect(
                ChannelHandlerContext context, SocketAddress remote, SocketAddress local, ChannelPromise promise) {
            named = remote instanceof NamedSocket given ? given : null;
            try {
                if (named != null) {
                    named.checkFile();
                }
                context.connect(remote, local, promise);
            } catch (IOException e) {
                log(e);
                promise.setFailure(e);
                context.close();
            }
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            try {
                if (named != null) {
                    named.checkListener(((EpollDomainSocketChannel) context.channel()).peerCredentials());
                }
                trusted = true;
                context.fireChannelActive();
            } catch (IOException e) {
                log(e);
                context.close();
            }
        }

        private static void log(IOException error) {
            if (error instanceof NoSuchFileException) {
                LOG.debug("not connected: {}", error.toString());
            } else {
                LOG.warn("not connected: {}", error.toString());
            }
        }

        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
            if (trusted) {
                context.write(message, promise);
            } else {
                ReferenceCountUtil.release(message);
                promise.setFailure(new ConnectException("no trusted process is listening"));
            }
        }
    }
}
