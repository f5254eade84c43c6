package io.telepresence.manager.identity;

import io.telepresence.identity.ConnectionProof;
import io.telepresence.identity.ProofKey;
import io.telepresence.run.Threads;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A way to a manager's clients' port: each connection through it proves one key, and then is what comes through. */
public final class ProvingProxy implements AutoCloseable {
    private final ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final InetSocketAddress manager;
    private final String namespace;
    private final ProofKey key;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    public ProvingProxy(InetSocketAddress manager, String namespace, ProofKey key) throws IOException {
        this.manager = manager;
        this.namespace = namespace;
        this.key = key;
        Threads.virtual("proving-proxy", this::accept);
    }

    public InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), listening.getLocalPort());
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                Socket near = listening.accept();
                Socket far = new Socket(manager.getAddress(), manager.getPort());
                open.add(near);
                open.add(far);
                prove(far);
                Threads.virtual("proving-proxy-in", () -> pass(near, far));
                Threads.virtual("proving-proxy-out", () -> pass(far, near));
            } catch (IOException e) {
                // Closed, or the manager is.
            }
        }
    }

    private void prove(Socket far) throws IOException {
        OutputStream out = far.getOutputStream();
        out.write(ConnectionProof.hello(key.publicKey()));
        byte[] challenge = far.getInputStream().readNBytes(8 + ConnectionProof.NONCE_BYTES);
        out.write(key.answer(namespace, Arrays.copyOfRange(challenge, 8, challenge.length)));
    }

    private void pass(Socket from, Socket to) {
        try (from;
                to) {
            InputStream in = from.getInputStream();
            in.transferTo(to.getOutputStream());
        } catch (IOException e) {
            // One of them has closed it.
        }
        open.remove(from);
        open.remove(to);
    }

    @Override
    public void close() {
        try {
            listening.close();
            for (Socket socket : open) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
