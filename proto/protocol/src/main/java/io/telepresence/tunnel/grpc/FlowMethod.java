package io.telepresence.tunnel.grpc;

import io.grpc.MethodDescriptor;

/** {@code telepresence.tunnel.Tunnel/Flow} with the marshaller that does not copy. */
final class FlowMethod {
    static final MethodDescriptor<WireFrame, WireFrame> DESCRIPTOR = MethodDescriptor.<WireFrame, WireFrame>newBuilder()
            .setType(MethodDescriptor.MethodType.BIDI_STREAMING)
            .setFullMethodName("telepresence.tunnel.Tunnel/Flow")
            .setRequestMarshaller(new FrameMarshaller())
            .setResponseMarshaller(new FrameMarshaller())
            .build();

    /** Bytes that may wait in gRPC before {@code isReady} says no. */
    static final int READY_THRESHOLD = 256 << 10;

    private FlowMethod() {}
}
