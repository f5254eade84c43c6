package io.telepresence.userd.engage;

import io.netty.channel.ChannelFuture;
import io.telepresence.agree.Transport;
import io.telepresence.engagement.EngagementCodec;
import io.telepresence.rpc.manager.DialRequest;
import io.telepresence.run.Threads;
import io.telepresence.tunnel.ResetReason;
import io.telepresence.tunnel.ResetReasons;
import io.telepresence.tunnel.pool.TunnelClient;
import io.telepresence.tunnel.splice.Splice;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches the flows that the manager asks for: dials the local program first, then opens the flow and says how that went.
 * Names are looked up at each dial. Thread-safe; flows live on their connection's loop.
 */
public final class LocalForwarder {
    private static final Logger LOG = LoggerFactory.getLogger(LocalForwarder.class);
    private static final Duration IDLE = Duration.ofMinutes(2);
    private static final Duration DIAL = Duration.ofSeconds(4);

    private final ClientEngagements engagements;
    private final TunnelClient tunnel;

    public LocalForwarder(ClientEngagements engagements, TunnelClient tunnel) {
        this.engagements = engagements;
        this.tunnel = tunnel;
    }

    /** Returns at once. */
    public void dial(DialRequest request) {
        Threads.virtual("dial-" + request.getPort(), () -> {
            TunnelClient.Fetched flow = tunnel.fetch(request.getId(), request.getDialId());
            boolean ours = engagements
                    .byId(request.getEngagementId())
                    .filter(e -> Targets.allows(e, request.getHost(), request.getPort()))
                    .isPresent();
            if (!ours) {
                LOG.warn("refused to dial {}:{}: no engagement leads there", request.getHost(), request.getPort());
                flow.refuse(ResetReason.DENIED, "no engagement leads there");
                return;
            }
            connect(request, flow);
        });
    }

    private static void connect(DialRequest request, TunnelClient.Fetched flow) {
        InetSocketAddress address;
        try {
            address = new InetSocketAddress(InetAddress.getByName(Targets.host(request.getHost())), request.getPort());
        } catch (UnknownHostException e) {
            flow.refuse(ResetReason.UNREACHABLE, "the name " + request.getHost() + " is not known");
            return;
        }
        Transport protocol = EngagementCodec.transport(request.getId().getProtocol());
        Splice.dial(flow.loop(), protocol, address, DIAL).addListener((ChannelFuture done) -> {
            if (done.isSuccess()) {
                Splice.join(flow, done.channel(), protocol, IDLE);
            } else {
                LOG.debug("local program at {}: {}", address, done.cause().toString());
                flow.refuse(
                        ResetReasons.of(done.cause()),
                        String.valueOf(done.cause().getMessage()));
            }
        });
    }
}
