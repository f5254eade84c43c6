package io.telepresence.agent;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;

/** A connection to the agent's port, as a caller in the cluster makes it. */
final class Caller implements AutoCloseable {
    final Socket socket = new Socket();

    Caller(InetSocketAddress agent) throws IOException {
        socket.setSoTimeout(10_000);
        socket.connect(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), agent.getPort()));
    }

    String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = socket.getInputStream().read();
                b != '\n';
                b = socket.getInputStream().read()) {
            if (b < 0) {
                throw new IOException("ended after: " + line);
            }
            line.write(b);
        }
        return line.toString();
    }

    void say(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes());
    }

    /** Ends our direction and reads what still comes. */
    String finish() throws IOException {
        socket.shutdownOutput();
        return new String(socket.getInputStream().readAllBytes());
    }

    /** Closes with RST. */
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    /** Whether the connection ends with RST, without a byte. */
    boolean isReset() throws IOException {
        try {
            socket.getInputStream().read();
            return false;
        } catch (SocketException e) {
            return e.getMessage().contains("reset");
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
