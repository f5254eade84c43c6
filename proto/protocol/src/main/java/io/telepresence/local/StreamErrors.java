package io.telepresence.local;

import io.netty.channel.Channel;
import io.netty.channel.IoEvent;
import io.netty.channel.IoHandle;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes a stream whose error outlives Netty's handling, since epoll would tell of it again at once, for ever. So it is
 * with a connect that ICMP refuses while the kernel is still sending the SYN (a Service whose endpoints are gone, a host
 * that is unreachable): Linux goes on connecting and keeps a note in the socket's error queue, which Netty never reads;
 * Netty tells the owner that the connect failed, and gRPC leaves the closing to Netty. Seen on Linux 6.18.
 */
final class StreamErrors implements EpollIoHandle {
    /** A read takes an error away; with data before it, not the first one. */
    private static final int MOST_IN_A_ROW = 16;

    private static final Logger LOG = LoggerFactory.getLogger(StreamErrors.class);

    private final EpollIoHandle handle;
    private final Channel.Unsafe unsafe;
    private final DuplexChannel stream;
    private int inARow;

    private StreamErrors(EpollIoHandle handle, Channel.Unsafe unsafe, DuplexChannel stream) {
        this.handle = handle;
        this.unsafe = unsafe;
        this.stream = stream;
    }

    /** The handle itself unless it is a stream's: a datagram socket lives on after an error. */
    static IoHandle watched(IoHandle handle) {
        return handle instanceof EpollIoHandle epoll
                        && handle instanceof Channel.Unsafe unsafe
                        && unsafe.voidPromise().channel() instanceof DuplexChannel stream
                ? new StreamErrors(epoll, unsafe, stream)
                : handle;
    }

    @Override
    public void handle(IoRegistration registration, IoEvent event) {
        handle.handle(registration, event);
        boolean error = ((EpollIoEvent) event).ops().contains(EpollIoOps.EPOLLERR);
        inARow = error ? inARow + 1 : 0;
        if (error && stream.isOpen()) {
            survived();
        }
    }

    /** A channel that reads no more, or not yet, cannot take the error away. */
    private void survived() {
        if (!stream.isActive()) {
            LOG.debug("{} could not connect", stream);
            unsafe.close(unsafe.voidPromise());
        } else if (stream.isInputShutdown() || inARow >= MOST_IN_A_ROW) {
            stream.pipeline().fireExceptionCaught(new IOException("the connection has failed"));
            unsafe.close(unsafe.voidPromise());
        }
    }

    @Override
    public FileDescriptor fd() {
        return handle.fd();
    }

    @Override
    public void registered() {
        handle.registered();
    }

    @Override
    public void unregistered() {
        handle.unregistered();
    }

    @Override
    public void close() throws Exception {
        handle.close();
    }
}
