package io.telepresence.userd.apiserver;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.Future;

/** Makes connections to the manager's client port; one kind of road into the cluster. */
public interface ManagerDialer {
    /** Of a channel: the manager at its other end says that a connection may begin with a {@code ConnectionProof}. */
    AttributeKey<Boolean> TAKES_PROOF = AttributeKey.valueOf("telepresence.takes-proof");

    /**
     * Dials on {@code loop}, for a limited time; does not block. The channel is active, does not read by itself, and
     * its pipeline takes and gives bytes ({@code ByteBuf}). A failure is a {@code FaultException}. The caller owns the
     * channel.
     */
    Future<Channel> dial(EventLoop loop);
}
