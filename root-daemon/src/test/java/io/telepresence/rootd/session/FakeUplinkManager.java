package io.telepresence.rootd.session;

import io.grpc.Server;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.unix.DomainSocketAddress;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultStatus;
import io.telepresence.local.Loops;
import io.telepresence.rpc.manager.ClientBeat;
import io.telepresence.rpc.manager.DnsAnswer;
import io.telepresence.rpc.manager.DnsQuestion;
import io.telepresence.rpc.manager.ManagerGrpc;
import io.telepresence.rpc.manager.RemainReply;
import io.telepresence.run.Closers;
import io.telepresence.tunnel.grpc.TunnelServers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** The manager behind a carrier's socket, for lookups and heartbeats; every name is known, and has no records. */
final class FakeUplinkManager extends ManagerGrpc.ManagerImplBase {
    /** Answers to the next lookups, instead of a good one. */
    final BlockingQueue<Status> faults = new LinkedBlockingQueue<>();

    final BlockingQueue<DnsQuestion> heard = new LinkedBlockingQueue<>();

    /** Sessions whose heartbeats came. */
    final BlockingQueue<String> sessions = new LinkedBlockingQueue<>();

    private final Path socket;

    FakeUplinkManager(Path socket) {
        this.socket = socket;
    }

    /** Listens, until it is shut down or the test is over; may be called again. */
    Server start(Closers opened) throws IOException {
        EventLoopGroup loops = Loops.create("manager", 1);
        opened.add(() -> Loops.shutdown(loops));
        Server server = TunnelServers.builder(new DomainSocketAddress(socket.toFile()), loops)
                .addService(this)
                .build()
                .start();
        opened.add(server::shutdownNow);
        return server;
    }

    @Override
    public void remain(ClientBeat beat, StreamObserver<RemainReply> reply) {
        sessions.add(beat.getSessionId());
        reply.onNext(RemainReply.newBuilder().setKnown(true).build());
        reply.onCompleted();
    }

    @Override
    public void lookupDns(DnsQuestion question, StreamObserver<DnsAnswer> reply) {
        heard.add(question);
        Status fault = faults.poll();
        if (fault == null) {
            reply.onNext(DnsAnswer.getDefaultInstance());
            reply.onCompleted();
        } else if (fault == Status.UNAVAILABLE) {
            reply.onError(FaultStatus.toStatus(
                    Fault.unreachable("this session is not known", "").exception()));
        } else {
            reply.onError(fault.asRuntimeException());
        }
    }
}
