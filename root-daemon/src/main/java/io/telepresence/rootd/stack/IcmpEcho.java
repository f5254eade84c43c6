package io.telepresence.rootd.stack;

import io.telepresence.rootd.ip.IcmpPackets;
import io.telepresence.rootd.ip.IpHeader;
import io.telepresence.rootd.ip.Unreachable;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/** Answers ping truthfully: asks the far end, then sends an echo reply or "host unreachable". */
final class IcmpEcho {
    static final int MOST = 64;
    static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Uplink uplink;
    private final LargePackets out;
    private final IcmpErrors errors;
    private final AtomicInteger asking = new AtomicInteger();

    IcmpEcho(Uplink uplink, LargePackets out, IcmpErrors errors) {
        this.uplink = uplink;
        this.out = out;
        this.errors = errors;
    }

    /** Takes an echo request, of which it keeps a copy; drops it when too many wait already. */
    void handle(ByteBuffer b, IpHeader ip) {
        if (asking.incrementAndGet() > MOST) {
            asking.decrementAndGet();
            return;
        }
        ByteBuffer request = ByteBuffer.allocate(ip.end()).put(0, b, 0, ip.end());
        ask(ip.destination(b).toInet()).whenComplete((answered, error) -> {
            asking.decrementAndGet();
            if (error == null && answered) {
                out.send(ip.end() - ip.at(), (to, at) -> IcmpPackets.echoReply(to, at, request, ip));
            } else {
                errors.send(Unreachable.HOST, request, ip);
            }
        });
    }

    private CompletionStage<Boolean> ask(InetAddress target) {
        try {
            return uplink.ping(target, PATIENCE);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }
}
