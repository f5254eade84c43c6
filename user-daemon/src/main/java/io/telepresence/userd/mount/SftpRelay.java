package io.telepresence.userd.mount;

import io.telepresence.run.Threads;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;

/**
 * SFTP connections to a server that may fall silent, for a client that would wait for ever: a connection is cut at both
 * ends when a request has had no answer for a while. One that is idle stays: open files would be lost with it. Three
 * virtual threads for each connection, of which there are {@link #MOST} at a time; others wait. Writes no log: its output is
 * read by scripts.
 */
public final class SftpRelay implements AutoCloseable {
    /** For how long a request may go unanswered while no byte comes; soon after one did, a fifth of it. */
    public static final Duration PATIENCE = Silence.PATIENCE;

    private static final int MOST = 4;
    private static final int CONNECT_MILLIS = 5_000;
    private static final int MEMORY = 3;
    private static final int CHUNK = 64 << 10;

    private final ServerSocket listening;
    private final InetSocketAddress server;
    private final Duration patience;
    private final Semaphore free = new Semaphore(MOST);
    private volatile OptionalLong silentSince = OptionalLong.empty();

    private SftpRelay(ServerSocket listening, InetSocketAddress server, Duration patience) {
        this.listening = listening;
        this.server = server;
        this.patience = patience;
    }

    /** Listens at a free port of 127.0.0.1. */
    public static SftpRelay open(InetSocketAddress server, Duration patience) throws IOException {
        ServerSocket listening = new ServerSocket(0, MOST, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}));
        return new SftpRelay(listening, server, patience);
    }

    public int port() {
        return listening.getLocalPort();
    }

    /** Accepts until {@link #close}, which may come from any thread; blocks. */
    public void run() throws InterruptedException {
        while (!listening.isClosed()) {
            free.acquire();
            try {
                Socket client = listening.accept();
                Threads.virtual("sftp-" + client.getPort(), () -> {
                    try {
                        serve(client);
                    } finally {
                        free.release();
                    }
                });
            } catch (IOException e) {
                // Closed, or the caller was gone before it was served.
                free.release();
            }
        }
    }

    private void serve(Socket client) {
        try (client;
                Socket upstream = new Socket()) {
            upstream.connect(server, CONNECT_MILLIS);
            upstream.setTcpNoDelay(true);
            client.setTcpNoDelay(true);
            Silence silence = new Silence();
            CountDownLatch over = new CountDownLatch(1);
            pump(client, upstream, packets -> silence.asked(packets, System.nanoTime()), over);
            pump(upstream, client, packets -> silence.heard(packets, System.nanoTime()), over);
            while (!over.await(patience.toMillis() / 25, TimeUnit.MILLISECONDS)) {
                Duration limit = limit();
                if (silence.nanos(System.nanoTime()) > limit.toNanos()) {
                    if (limit.equals(patience)) {
                        silentSince = OptionalLong.of(System.nanoTime());
                    }
                    return;
                }
            }
        } catch (IOException e) {
            // The server is not there: the client's connection ends, which tells it.
            assert client.isClosed() : e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** For a while after a connection was cut a fifth: who looks at one file after another does not wait for each. */
    private Duration limit() {
        OptionalLong since = silentSince;
        boolean recently = since.isPresent()
                && System.nanoTime() - since.getAsLong()
                        < patience.multipliedBy(MEMORY).toNanos();
        return recently ? patience.dividedBy(5) : patience;
    }

    /** On a thread of its own, which ends with either socket and says so. */
    private static void pump(Socket from, Socket to, IntConsumer seen, CountDownLatch over) {
        Threads.virtual("sftp-pump-" + from.getPort(), () -> {
            byte[] buffer = new byte[CHUNK];
            PacketCount packets = new PacketCount();
            try (InputStream in = from.getInputStream();
                    OutputStream out = to.getOutputStream()) {
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    seen.accept(packets.feed(ByteBuffer.wrap(buffer, 0, n)));
                    out.write(buffer, 0, n);
                }
            } catch (IOException e) {
                // Either end is gone; the other one follows.
                over.countDown();
                return;
            }
            over.countDown();
        });
    }

    /** Takes no more connections; those that are there end with their sockets. */
    @Override
    public void close() throws IOException {
        listening.close();
    }
}
