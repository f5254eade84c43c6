package io.telepresence.tunnel.grpc;

import io.netty.buffer.ByteBuf;
import io.telepresence.rpc.tunnel.Frame;

/** A frame on its way: payload as Netty bytes, everything else as the generated message. */
sealed interface WireFrame {
    /** Owns {@code bytes}. */
    record Data(ByteBuf bytes) implements WireFrame {}

    record Control(Frame frame) implements WireFrame {}
}
