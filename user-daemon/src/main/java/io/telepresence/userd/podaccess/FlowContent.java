package io.telepresence.userd.podaccess;

import io.netty.buffer.ByteBuf;
import io.telepresence.fault.Fault;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.ResetReason;
import java.io.ByteArrayOutputStream;
import java.util.concurrent.CompletableFuture;

/** Takes the whole content of a flow, at most {@link #MOST} bytes. */
final class FlowContent implements FlowHandler {
    /** An environment is limited by the kernel's argument size; volumes are few. */
    static final int MOST = 4 << 20;

    private final CompletableFuture<byte[]> content = new CompletableFuture<>();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /** The bytes once the peer has finished; a {@code FaultException} if it did not. */
    CompletableFuture<byte[]> content() {
        return content;
    }

    @Override
    public void onOpened(Flow flow) {
        flow.request(1);
    }

    @Override
    public void onData(Flow flow, ByteBuf data) {
        byte[] part = new byte[data.readableBytes()];
        data.readBytes(part).release();
        if (bytes.size() + part.length > MOST) {
            content.completeExceptionally(
                    Fault.internal("the answer is too long").exception());
            flow.reset(ResetReason.ABORTED, "too long");
            return;
        }
        bytes.writeBytes(part);
        flow.request(1);
    }

    @Override
    public void onFinished(Flow flow) {
        content.complete(bytes.toByteArray());
        flow.finish();
    }

    @Override
    public void onReset(Flow flow, ResetReason why, String text) {
        content.completeExceptionally(ResetFaults.of(why, text).exception());
    }

    @Override
    public void onClosed(Flow flow) {
        content.completeExceptionally(
                Fault.unreachable("the agent gave no answer", "").exception());
    }
}
