package io.telepresence.manager.network;

import java.net.InetAddress;
import java.time.Duration;

/** Clients' ICMP echo requests. Each waits for an address that may be silent: at most 256 at once, 32 of one client. */
public final class EchoRequests {
    private final ReachPolicy reach;
    private final ServiceReachability reachability;
    private final FairShare pings = new FairShare(256, 32);

    public EchoRequests(ReachPolicy reach, ServiceReachability reachability) {
        this.reach = reach;
        this.reachability = reachability;
    }

    /**
     * Whether somebody answers at that address. Blocks, for {@code within} at most.
     *
     * @return false also where clients may not reach it, and where this one has too many on their way
     */
    public boolean answered(String client, InetAddress address, Duration within) {
        if (!reach.mayPing(address) || !pings.take(client)) {
            return false;
        }
        try {
            return reachability.reachable(address, within);
        } finally {
            pings.give(client);
        }
    }
}
