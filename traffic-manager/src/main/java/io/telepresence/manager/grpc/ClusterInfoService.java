package io.telepresence.manager.grpc;

import io.grpc.stub.StreamObserver;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.config.ManagerSettings;
import io.telepresence.manager.network.ClusterDnsClient;
import io.telepresence.manager.network.ClusterNetwork;
import io.telepresence.manager.network.EchoRequests;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.rpc.manager.ClusterInfo;
import io.telepresence.rpc.manager.DnsAnswer;
import io.telepresence.rpc.manager.DnsQuestion;
import io.telepresence.rpc.manager.PingReply;
import io.telepresence.rpc.manager.PingRequest;
import io.telepresence.rpc.manager.SessionRef;
import io.telepresence.run.Watched;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;

/** Clients ask about the cluster: subnets, names, who answers. */
public final class ClusterInfoService {
    private final SessionRegistry sessions;
    private final ClusterNetwork network;
    private final ClusterDnsClient names;
    private final EchoRequests pings;
    private final Watched<String> injectorTrouble;
    private final ManagerSettings.Pod pod;

    /** @param pod the manager's */
    public ClusterInfoService(
            SessionRegistry sessions,
            ClusterNetwork network,
            ClusterDnsClient names,
            EchoRequests pings,
            Watched<String> injectorTrouble,
            ManagerSettings.Pod pod) {
        this.sessions = sessions;
        this.network = network;
        this.names = names;
        this.pings = pings;
        this.injectorTrouble = injectorTrouble;
        this.pod = pod;
    }

    void watch(SessionRef ref, StreamObserver<ClusterInfo> out) throws FaultException {
        ClientSession client = GrpcAnswers.client(sessions, ref.getSessionId());
        WatchStream<ClusterInfo> stream = WatchStream.latest(out, client);
        Latest latest = new Latest(stream);
        stream.closeAtEnd(network.facts().watch(_ -> latest.tell()));
        stream.closeAtEnd(injectorTrouble.watch(_ -> latest.tell()));
    }

    /** Answers later, from the DNS client's thread. */
    void lookup(DnsQuestion question, StreamObserver<DnsAnswer> out) throws FaultException {
        GrpcAnswers.client(sessions, question.getSessionId());
        names.lookup(
                        question.getSessionId(),
                        question.getName(),
                        question.getType(),
                        Duration.ofMillis(question.getTimeoutMs()))
                .thenAccept(answer -> {
                    out.onNext(ClusterTranslator.toWire(answer));
                    out.onCompleted();
                });
    }

    PingReply ping(PingRequest request) throws FaultException {
        GrpcAnswers.client(sessions, request.getSessionId());
        InetAddress address;
        try {
            address = InetAddress.getByAddress(request.getIp().toByteArray());
        } catch (UnknownHostException e) {
            throw Fault.user("that is not an IP address", "").exception(e);
        }
        Duration within = Duration.ofMillis(request.getTimeoutMs());
        return PingReply.newBuilder()
                .setReachable(pings.answered(request.getSessionId(), address, within))
                .build();
    }

    /** Puts two sources together; equal messages are sent once. */
    private final class Latest {
        private final WatchStream<ClusterInfo> stream;
        private ClusterInfo last;

        Latest(WatchStream<ClusterInfo> stream) {
            this.stream = stream;
        }

        synchronized void tell() {
            ClusterInfo now = ClusterTranslator.toWire(network.facts().get(), pod, injectorTrouble.get());
            if (!now.equals(last)) {
                last = now;
                stream.send(now);
            }
        }
    }
}
