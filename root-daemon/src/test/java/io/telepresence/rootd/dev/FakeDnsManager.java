package io.telepresence.rootd.dev;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.telepresence.local.Loops;
import io.telepresence.rpc.manager.DnsAnswer;
import io.telepresence.rpc.manager.DnsQuestion;
import io.telepresence.rpc.manager.DnsRecord;
import io.telepresence.rpc.manager.ManagerGrpc;
import io.telepresence.rpc.manager.PingReply;
import io.telepresence.rpc.manager.PingRequest;
import io.telepresence.rpc.manager.RemainReply;
import io.telepresence.rpc.tunnel.Open;
import io.telepresence.rpc.tunnel.Protocol;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.ResetReasons;
import io.telepresence.tunnel.grpc.TunnelServers;
import io.telepresence.tunnel.grpc.TunnelService;
import io.telepresence.tunnel.splice.ChannelPump;
import io.telepresence.tunnel.splice.DatagramPump;
import io.telepresence.tunnel.splice.DatagramSockets;
import java.io.File;
import java.net.InetAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * A manager on a unix socket: dials what it is told from where it runs, and knows the names that it is given.
 * Arguments: socket, then {@code name=address} pairs.
 */
public final class FakeDnsManager extends ManagerGrpc.ManagerImplBase {
    private static final int NXDOMAIN = 3;
    private static final int A = 1;
    private static final int AAAA = 28;

    private final Map<String, byte[]> names = new HashMap<>();

    private FakeDnsManager() {}

    /** Runs until it is killed. */
    public static void main(String[] arguments) throws Exception {
        FakeDnsManager manager = new FakeDnsManager();
        for (int i = 1; i < arguments.length; i++) {
            String[] pair = arguments[i].split("=");
            manager.names.put(pair[0], InetAddress.ofLiteral(pair[1]).getAddress());
        }
        EventLoopGroup loops = Loops.create("stand-in", 2);
        TunnelServers.builder(new DomainSocketAddress(new File(arguments[0])), loops)
                .addService(manager)
                .addService(TunnelService.bind(loops, FakeDnsManager::accept))
                .build()
                .start()
                .awaitTermination();
    }

    @Override
    public void remain(io.telepresence.rpc.manager.ClientBeat request, StreamObserver<RemainReply> reply) {
        reply.onNext(RemainReply.newBuilder().setKnown(true).build());
        reply.onCompleted();
    }

    @Override
    public void ping(PingRequest request, StreamObserver<PingReply> reply) {
        reply.onNext(PingReply.newBuilder().setReachable(true).build());
        reply.onCompleted();
    }

    @Override
    public void lookupDns(DnsQuestion question, StreamObserver<DnsAnswer> reply) {
        byte[] address = names.get(question.getName());
        DnsAnswer.Builder answer = DnsAnswer.newBuilder();
        if (address == null) {
            answer.setRcode(NXDOMAIN);
        } else if (question.getType() == (address.length == 4 ? A : AAAA)) {
            answer.addRecords(DnsRecord.newBuilder()
                    .setName(question.getName())
                    .setType(question.getType())
                    .setTtlSeconds(30)
                    .setRdata(ByteString.copyFrom(address)));
        }
        reply.onNext(answer.build());
        reply.onCompleted();
    }

    private static void accept(Flow flow, Open open) {
        if (open.getId().getProtocol() == Protocol.UDP) {
            DatagramPump pump = new DatagramPump(flow, Duration.ofSeconds(30));
            ChannelFuture dial = DatagramSockets.bootstrap(flow.loop())
                    .handler(pump)
                    .connect(flow.key().destination());
            dial.addListener(done -> answer(flow, dial, () -> pump.start(dial.channel())));
        } else {
            ChannelPump pump = new ChannelPump(flow);
            Bootstrap bootstrap = new Bootstrap()
                    .group(flow.loop())
                    .channel(EpollSocketChannel.class)
                    .handler(pump);
            ChannelPump.configure(bootstrap);
            ChannelFuture dial = bootstrap.connect(flow.key().destination());
            dial.addListener(done -> answer(flow, dial, () -> pump.start(dial.channel())));
        }
    }

    private static void answer(Flow flow, ChannelFuture dial, Runnable start) {
        if (dial.isSuccess()) {
            flow.opened();
            start.run();
        } else {
            flow.reset(
                    ResetReasons.of(dial.cause()), String.valueOf(dial.cause().getMessage()));
        }
    }
}
