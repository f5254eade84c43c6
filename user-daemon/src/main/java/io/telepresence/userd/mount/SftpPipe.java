package io.telepresence.userd.mount;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.telepresence.run.Threads;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.ResetReason;
import io.telepresence.userd.podaccess.ResetFaults;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Joins a flow of SFTP and the standard streams of a process, with credit both ways. Ends when either ends, or when a
 * request has had no answer for {@link Silence#PATIENCE}: a dead far end must not hold those who look at the mounted files.
 * Two platform threads, which end with the process.
 */
final class SftpPipe implements FlowHandler {
    private static final int CHUNK = 64 << 10;
    private static final int CREDIT = 8;
    private static final ByteBuf END = Unpooled.EMPTY_BUFFER;

    private final CompletableFuture<Flow> opened = new CompletableFuture<>();
    private final CompletableFuture<String> ended = new CompletableFuture<>();
    private final BlockingQueue<ByteBuf> answers = new ArrayBlockingQueue<>(CREDIT + 2);
    private final Semaphore mayRead = new Semaphore(1);
    private final Silence silence = new Silence();
    private final PacketCount answered = new PacketCount();
    private boolean stalled;

    /** The flow once the far end serves; a {@code FaultException} if it does not. */
    CompletableFuture<Flow> opened() {
        return opened;
    }

    /** Complete, with the reason, once no more bytes come or go. */
    CompletableFuture<String> ended() {
        return ended;
    }

    /**
     * Begins to pump; once, after {@link #opened}.
     *
     * @param patience how long a request may go unanswered
     */
    void start(Flow flow, Process process, Duration patience) {
        ended.thenRun(() -> {
            flow.reset(ResetReason.ABORTED, "the files are not needed any more");
            drop();
            answers.offer(END);
            mayRead.release();
        });
        Threads.platform("sftp-in-" + process.pid(), () -> toProcess(flow, process.getOutputStream()));
        Threads.platform("sftp-out-" + process.pid(), () -> fromProcess(flow, process.getInputStream()));
        flow.loop().execute(() -> check(flow, patience));
        flow.request(CREDIT);
    }

    /** Cuts both directions; the process reads an end of file. From any thread, idempotent. */
    void end(String why) {
        ended.complete(why);
    }

    private void toProcess(Flow flow, OutputStream to) {
        try (to) {
            for (ByteBuf data = answers.take(); data != END; data = answers.take()) {
                try {
                    data.readBytes(to, data.readableBytes());
                    to.flush();
                } finally {
                    data.release();
                }
                flow.request(1);
            }
        } catch (IOException e) {
            end("sshfs has stopped reading");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            end("interrupted");
        }
    }

    private void fromProcess(Flow flow, InputStream from) {
        PacketCount asked = new PacketCount();
        byte[] buffer = new byte[CHUNK];
        try (from) {
            for (int n = from.read(buffer); n >= 0 && !ended.isDone(); n = from.read(buffer)) {
                ByteBuf data = Unpooled.copiedBuffer(buffer, 0, n);
                silence.asked(asked.feed(ByteBuffer.wrap(buffer, 0, n)), System.nanoTime());
                mayRead.acquire();
                flow.loop().execute(() -> send(flow, data));
            }
            end("sshfs has ended");
        } catch (IOException e) {
            end("sshfs has ended: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            end("interrupted");
        } catch (java.util.concurrent.RejectedExecutionException e) {
            end("the connection to the traffic-manager is lost");
        }
    }

    private void send(Flow flow, ByteBuf data) {
        flow.write(data);
        if (flow.isWritable()) {
            mayRead.release();
        } else {
            stalled = true;
        }
    }

    private void check(Flow flow, Duration patience) {
        if (ended.isDone()) {
            return;
        }
        if (silence.nanos(System.nanoTime()) > patience.toNanos()) {
            end("no answer within " + patience.toSeconds() + " s");
            return;
        }
        flow.loop().schedule(() -> check(flow, patience), patience.toMillis() / 5, TimeUnit.MILLISECONDS);
    }

    @Override
    public void onOpened(Flow flow) {
        opened.complete(flow);
    }

    @Override
    public void onData(Flow flow, ByteBuf data) {
        silence.heard(answered.feed(data.nioBuffer()), System.nanoTime());
        if (ended.isDone() || !answers.offer(data)) {
            data.release();
        } else if (ended.isDone()) {
            // It may have ended in between: nobody takes what came after its end.
            drop();
            answers.offer(END);
        }
    }

    private void drop() {
        for (ByteBuf data = answers.poll(); data != null; data = answers.poll()) {
            data.release();
        }
    }

    @Override
    public void onWritable(Flow flow) {
        if (stalled) {
            stalled = false;
            mayRead.release();
        }
    }

    @Override
    public void onFinished(Flow flow) {
        end("the pod's agent has ended");
    }

    @Override
    public void onReset(Flow flow, ResetReason why, String text) {
        opened.completeExceptionally(ResetFaults.of(why, text).exception());
        end(ResetFaults.of(why, text).text());
    }

    @Override
    public void onClosed(Flow flow) {
        end("the pod's agent has ended");
    }
}
