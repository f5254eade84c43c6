package io.telepresence.agent.sftp;

import io.telepresence.agent.podinfo.FileIdentity;
import io.telepresence.run.Threads;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.ResetReason;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves a {@link FileTree} on one flow, request by request, in order. Files block, and a volume on the network may block
 * for long: so each flow has a thread of its own, and not a virtual one, which would keep others from running. The
 * thread ends with the flow.
 */
public final class SftpServer {
    private static final Logger LOG = LoggerFactory.getLogger(SftpServer.class);
    private static final int INIT = 1;
    private static final int LARGEST_PACKET = 256 << 10;
    private static final int FIRST_BUFFER = 4 << 10;
    private static final String[] EXTENSIONS = {
        "posix-rename@openssh.com", "1",
        "statvfs@openssh.com", "2",
        "fstatvfs@openssh.com", "2",
        "hardlink@openssh.com", "1",
        "fsync@openssh.com", "1"
    };

    private final FlowPipe pipe;
    private final SftpReplies replies;
    private final FileTree tree;
    private byte[] buffer = new byte[FIRST_BUFFER];

    private SftpServer(FlowPipe pipe, FileTree tree) {
        this.pipe = pipe;
        this.replies = new SftpReplies(pipe);
        this.tree = tree;
    }

    /**
     * Opens the flow, says opened, and serves it from then on; on the flow's loop.
     *
     * @param as whose rights the client has; empty: the agent's
     * @param open gets the flow's handler
     * @param ended called when the thread has ended
     */
    public static void serve(
            FileTree tree, Optional<FileIdentity> as, Function<FlowHandler, Flow> open, Runnable ended) {
        FlowPipe pipe = new FlowPipe();
        Flow flow = open.apply(pipe);
        flow.opened();
        pipe.start(flow);
        Threads.platform("files", () -> {
            try {
                new SftpServer(pipe, tree).run(as);
            } finally {
                ended.run();
            }
        });
    }

    private void run(Optional<FileIdentity> as) {
        try (SftpRequests requests = new SftpRequests(tree, replies)) {
            if (as.isPresent()) {
                ThreadIdentity.assume(as.get());
            }
            greet();
            while (next(requests)) {
                if (!pipe.hasInput()) {
                    replies.flush();
                }
            }
            replies.flush();
            pipe.finish();
        } catch (EOFException e) {
            LOG.debug("files: {}", e.getMessage());
            pipe.reset(ResetReason.ABORTED, "the file server ended");
        } catch (IOException e) {
            LOG.warn("files: {}", e.getMessage());
            pipe.reset(ResetReason.ABORTED, e.getMessage());
        } catch (RuntimeException | Error e) {
            pipe.reset(ResetReason.ABORTED, "the file server failed");
            throw e;
        } finally {
            replies.release();
        }
    }

    private void greet() throws IOException {
        ByteBuffer packet = packet();
        if (packet == null || packet.remaining() < 5 || packet.get() != INIT) {
            throw new IOException("the client does not begin as SFTP does");
        }
        int version = packet.getInt();
        if (version < 3) {
            throw new IOException("the client speaks SFTP version " + Integer.toUnsignedString(version) + ", not 3");
        }
        replies.version(EXTENSIONS);
        replies.flush();
    }

    /** @return false: the client has finished */
    private boolean next(SftpRequests requests) throws IOException {
        ByteBuffer packet = packet();
        if (packet == null) {
            return false;
        }
        if (packet.remaining() < 5) {
            throw new IOException("the client sent a packet without a request number");
        }
        PacketReader in = new PacketReader(packet);
        int type = in.int8();
        int id = in.int32();
        try {
            requests.serve(type, id, in);
        } catch (EOFException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            replies.undo();
            SftpStatus status = SftpStatus.of(e);
            if (e instanceof RuntimeException) {
                LOG.debug("files: request {}", type, e);
            }
            replies.status(id, status);
        }
        return true;
    }

    /** The next packet without its length, valid until the next one; null: the client has finished. */
    private ByteBuffer packet() throws IOException {
        if (!pipe.read(buffer, 0, 4)) {
            return null;
        }
        int length = ByteBuffer.wrap(buffer).getInt();
        if (length < 1 || length > LARGEST_PACKET) {
            throw new IOException(
                    "the client sent a packet of " + Integer.toUnsignedString(length) + " bytes, or it is not SFTP");
        }
        if (buffer.length < length) {
            buffer = new byte[Math.min(LARGEST_PACKET, Integer.highestOneBit(length) << 1)];
        }
        if (!pipe.read(buffer, 0, length)) {
            throw new EOFException("the client finished in the middle of a packet");
        }
        return ByteBuffer.wrap(buffer, 0, length);
    }
}
