package io.telepresence.userd.connect;

import io.telepresence.identity.ConnectionProof;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The manager's part of a {@link ConnectionProof}, in front of one that knows nothing of it; on unix sockets. */
final class FakeGate implements AutoCloseable {
    /** Keys that were proved, in hex, and {@code bad} for each connection that did not. */
    final List<String> keys = new CopyOnWriteArrayList<>();

    private final Path manager;
    private final String namespace;
    private final ServerSocketChannel server;

    FakeGate(Path at, Path manager, String namespace) throws IOException {
        this.manager = manager;
        this.namespace = namespace;
        this.server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(at));
        Thread.startVirtualThread(this::accept);
    }

    @Override
    public void close() throws IOException {
        server.close();
    }

    private void accept() {
        try {
            while (true) {
                SocketChannel client = server.accept();
                Thread.startVirtualThread(() -> serve(client));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void serve(SocketChannel client) {
        try (client;
                SocketChannel far = SocketChannel.open(UnixDomainSocketAddress.of(manager))) {
            String key = proved(client);
            keys.add(key);
            if (!key.equals("bad")) {
                Thread.startVirtualThread(() -> pump(far, client));
                pump(client, far);
            }
        } catch (IOException e) {
            // one end has gone
        }
    }

    private String proved(SocketChannel client) throws IOException {
        byte[] word = read(client, ConnectionProof.HELLO.length());
        if (!new String(word, StandardCharsets.US_ASCII).equals(ConnectionProof.HELLO)) {
            return "bad";
        }
        byte[] key = read(client, ByteBuffer.wrap(read(client, Short.BYTES)).getShort());
        byte[] nonce = new byte[ConnectionProof.NONCE_BYTES];
        nonce[0] = (byte) keys.size();
        client.write(ByteBuffer.wrap(ConnectionProof.challenge(nonce)));
        byte[] signature = read(client, ConnectionProof.SIGNATURE_BYTES);
        return ConnectionProof.verify(namespace, nonce, key, signature)
                ? HexFormat.of().formatHex(key)
                : "bad";
    }

    private static byte[] read(SocketChannel from, int count) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        while (all.size() < count) {
            ByteBuffer some = ByteBuffer.allocate(count - all.size());
            if (from.read(some) < 0) {
                throw new EOFException();
            }
            all.write(some.array(), 0, some.position());
        }
        return all.toByteArray();
    }

    private static void pump(SocketChannel from, SocketChannel to) {
        ByteBuffer some = ByteBuffer.allocate(64 << 10);
        try (from;
                to) {
            while (from.read(some.clear()) >= 0) {
                some.flip();
                while (some.hasRemaining()) {
                    to.write(some);
                }
            }
        } catch (IOException e) {
            // one end has gone
        }
    }
}
