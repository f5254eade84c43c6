package io.telepresence.userd.identity;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.telepresence.fault.Fault;
import io.telepresence.identity.ProofKey;
import io.telepresence.userd.apiserver.ManagerDialer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Each connection that another dialer makes proves the key of this client before it is used, where the manager takes that.
 * Thread-safe.
 */
public final class ProvingDialer implements ManagerDialer {
    private final ManagerDialer dialer;
    private final ProofKey key;
    private final String managerNamespace;
    private final Duration limit;
    private volatile boolean asked;

    /** @param limit of each dial, proof included */
    public ProvingDialer(ManagerDialer dialer, ProofKey key, String managerNamespace, Duration limit) {
        this.dialer = dialer;
        this.key = key;
        this.managerNamespace = managerNamespace;
        this.limit = limit;
    }

    /** Whether the manager that was dialled last takes proofs; false before the first dial. */
    public boolean asked() {
        return asked;
    }

    @Override
    public Future<Channel> dial(EventLoop loop) {
        Promise<Channel> done = loop.newPromise();
        Future<Channel> dialled = dialer.dial(loop);
        // Begins after the dialer's own limit, whose fault says more.
        var end = loop.schedule(() -> done.tryFailure(slow().exception()), limit.toMillis(), TimeUnit.MILLISECONDS);
        done.addListener(_ -> end.cancel(false));
        dialled.addListener(_ -> {
            if (dialled.isSuccess()) {
                prove(dialled.getNow(), done);
            } else {
                done.tryFailure(dialled.cause());
            }
        });
        return done;
    }

    private void prove(Channel channel, Promise<Channel> done) {
        asked = Boolean.TRUE.equals(channel.attr(TAKES_PROOF).get());
        if (done.isDone()) {
            channel.close();
        } else if (asked) {
            ProofHandshake.start(channel, key, managerNamespace, done);
        } else {
            done.trySuccess(channel);
        }
    }

    private Fault slow() {
        return Fault.unreachable(
                "the traffic-manager does not answer the proof of a connection within " + limit.toSeconds() + " s",
                "The limit can be configured as \"timeouts.clusterConnect\"");
    }
}
