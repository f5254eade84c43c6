package io.telepresence.userd.relay;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.fault.FaultStatus;
import io.telepresence.local.Loops;
import io.telepresence.run.Watched;
import io.telepresence.userd.apiserver.ManagerDialer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens on a unix socket (0600; the peer must be the owner or root) and joins each connection with one that the dialer
 * makes. When one side ends the other is closed. Both sides of a pair live on one loop; memory is bounded by the socket
 * buffers and the water marks.
 */
public final class ManagerSocketProxy implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ManagerSocketProxy.class);
    private static final int CHUNK = 128 << 10;

    private final ManagerDialer dialer;
    private final Set<Long> allowed;
    private final Path socket;
    private final EventLoopGroup loops = Loops.create("relay", 2);
    private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    private final Watched<Optional<Fault>> trouble = new Watched<>(Optional.empty());

    private ManagerSocketProxy(Path socket, long ownerUid, ManagerDialer dialer) {
        this.socket = socket;
        this.allowed = Set.copyOf(java.util.List.of(ownerUid, 0L));
        this.dialer = dialer;
    }

    /** Listens; replaces a socket file that a dead process left. */
    public static ManagerSocketProxy open(Path socket, long ownerUid, ManagerDialer dialer) throws FaultException {
        ManagerSocketProxy relay = new ManagerSocketProxy(socket, ownerUid, dialer);
        try {
            Files.deleteIfExists(socket);
            relay.listen();
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
            return relay;
        } catch (IOException e) {
            relay.close();
            throw Fault.internal("cannot listen on " + socket + ": " + e.getMessage())
                    .exception(e);
        }
    }

    /** Why the last dial failed; empty after one that worked. */
    public Watched<Optional<Fault>> trouble() {
        return trouble;
    }

    /** Cuts every connection; takes at most three seconds. */
    @Override
    public void close() {
        channels.close().awaitUninterruptibly(1, TimeUnit.SECONDS);
        Loops.shutdown(loops);
        try {
            Files.deleteIfExists(socket);
        } catch (IOException e) {
            LOG.warn("cannot remove {}", socket, e);
        }
    }

    private void listen() throws IOException {
        Future<Void> bound = new ServerBootstrap()
                .group(loops)
                .channel(EpollServerDomainSocketChannel.class)
                .childOption(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(CHUNK))
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(256 << 10, 1 << 20))
                .handler(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void handlerAdded(ChannelHandlerContext context) {
                        channels.add(context.channel());
                    }
                })
                .childHandler(new ChannelInitializer<EpollDomainSocketChannel>() {
                    @Override
                    protected void initChannel(EpollDomainSocketChannel local) throws IOException {
                        accepted(local);
                    }
                })
                .bind(new DomainSocketAddress(socket.toFile()))
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException(bound.cause().getMessage(), bound.cause());
        }
    }

    private void accepted(EpollDomainSocketChannel local) throws IOException {
        long uid = Integer.toUnsignedLong(local.peerCredentials().uid());
        if (!allowed.contains(uid)) {
            LOG.warn("connection of user {} refused", uid);
            local.close();
            return;
        }
        channels.add(local);
        EarlyBytes early = new EarlyBytes();
        local.pipeline().addLast(early);
        dialer.dial(local.eventLoop()).addListener((Future<Channel> result) -> {
            if (result.isSuccess()) {
                trouble.set(Optional.empty());
                join(local, early, result.getNow());
            } else {
                Fault fault = FaultStatus.of(result.cause());
                LOG.info("no carrier: {}", fault.text());
                trouble.set(Optional.of(fault));
                early.drop();
                local.close();
            }
        });
    }

    private void join(Channel local, EarlyBytes early, Channel remote) {
        channels.add(remote);
        early.giveTo(remote);
        if (!local.isActive()) {
            remote.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
            return;
        }
        local.pipeline().remove(early);
        local.pipeline().addLast(new Join(remote));
        remote.pipeline().addLast(new Join(local));
        local.read();
        remote.read();
    }

    /** What is read while the dial lasts: at its peer's end a socket reads although nobody asked. On the loop of both. */
    private static final class EarlyBytes extends ChannelInboundHandlerAdapter {
        private final Queue<Object> reads = new ArrayDeque<>();

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            reads.add(message);
        }

        void giveTo(Channel remote) {
            for (Object message = reads.poll(); message != null; message = reads.poll()) {
                remote.write(message, remote.voidPromise());
            }
            remote.flush();
        }

        void drop() {
            for (Object message = reads.poll(); message != null; message = reads.poll()) {
                ReferenceCountUtil.release(message);
            }
        }
    }
}
