package io.telepresence.manager.tunnel;

import io.netty.channel.ChannelFuture;
import io.telepresence.agree.Transport;
import io.telepresence.base.AddressText;
import io.telepresence.tunnel.ResetReason;
import io.telepresence.tunnel.ResetReasons;
import io.telepresence.tunnel.splice.Splice;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;

/** Dials pods and services for a flow, on the flow's own loop. */
final class ClusterDialer {
    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration LONGEST_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration DATAGRAM_IDLE = Duration.ofSeconds(60);

    private final Roads roads;

    ClusterDialer(Roads roads) {
        this.roads = roads;
    }

    /** Where a destination is dialled; empty: nowhere. */
    @FunctionalInterface
    interface Roads {
        Optional<InetSocketAddress> to(Transport protocol, InetSocketAddress destination);
    }

    /** Answers the flow with opened or reset; on the flow's loop. Zero: the default timeout. */
    void dial(TrackedFlow flow, long timeoutMillis) {
        InetSocketAddress destination = flow.key().destination();
        Optional<InetSocketAddress> road = roads.to(flow.key().protocol(), destination);
        if (road.isEmpty()) {
            flow.reset(
                    ResetReason.DENIED,
                    "the traffic-manager does not dial " + AddressText.of(destination)
                            + "; the Helm value reach.allow can permit it");
        } else {
            Splice.dial(flow.loop(), flow.key().protocol(), road.get(), timeout(timeoutMillis))
                    .addListener((ChannelFuture done) -> answer(flow, done));
        }
    }

    private static void answer(TrackedFlow flow, ChannelFuture connecting) {
        if (flow.ended()) {
            connecting.channel().close();
        } else if (connecting.isSuccess()) {
            Splice.join(flow, connecting.channel(), flow.key().protocol(), DATAGRAM_IDLE);
        } else {
            Throwable cause = connecting.cause();
            flow.reset(ResetReasons.of(cause), String.valueOf(cause.getMessage()));
        }
    }

    private static Duration timeout(long millis) {
        return millis == 0 ? DEFAULT_TIMEOUT : Duration.ofMillis(Math.min(millis, LONGEST_TIMEOUT.toMillis()));
    }
}
