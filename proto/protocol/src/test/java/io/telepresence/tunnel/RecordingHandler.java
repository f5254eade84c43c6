package io.telepresence.tunnel;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.io.ByteArrayOutputStream;
import java.util.concurrent.CompletableFuture;

/** Keeps what a flow brought; asks for {@code credit} frames at once and for one more after each. */
public final class RecordingHandler implements FlowHandler {
    public final CompletableFuture<Flow> opened = new CompletableFuture<>();
    public final CompletableFuture<byte[]> finished = new CompletableFuture<>();
    public final CompletableFuture<ResetReason> reset = new CompletableFuture<>();
    public final CompletableFuture<Void> closed = new CompletableFuture<>();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final int credit;

    public RecordingHandler(int credit) {
        this.credit = credit;
    }

    public synchronized byte[] bytes() {
        return bytes.toByteArray();
    }

    @Override
    public void onOpened(Flow flow) {
        flow.request(credit);
        opened.complete(flow);
    }

    @Override
    public synchronized void onData(Flow flow, ByteBuf data) {
        bytes.writeBytes(ByteBufUtil.getBytes(data));
        data.release();
        flow.request(1);
    }

    @Override
    public void onFinished(Flow flow) {
        finished.complete(bytes());
    }

    @Override
    public void onReset(Flow flow, ResetReason why, String text) {
        reset.complete(why);
    }

    @Override
    public void onClosed(Flow flow) {
        closed.complete(null);
    }
}
