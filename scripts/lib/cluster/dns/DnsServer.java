import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Listens on one address, for datagrams and for connections. */
final class DnsServer {
    private static final int IDLE_MILLIS = 30_000;

    private final Answers answers;
    private final ExecutorService connections = Executors.newCachedThreadPool();

    DnsServer(Answers answers) {
        this.answers = answers;
    }

    void listen(InetSocketAddress address) throws IOException {
        DatagramSocket datagrams = new DatagramSocket(address);
        ServerSocket server = new ServerSocket();
        server.setReuseAddress(true);
        server.bind(address, 512);
        new Thread(() -> answerDatagrams(datagrams), "udp " + address).start();
        new Thread(() -> accept(server), "tcp " + address).start();
    }

    private void answerDatagrams(DatagramSocket socket) {
        byte[] buffer = new byte[4096];
        while (!socket.isClosed()) {
            try {
                DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
                socket.receive(packet);
                byte[] response = respond(buffer, packet.getLength(), true);
                if (response != null) {
                    socket.send(new DatagramPacket(response, response.length, packet.getSocketAddress()));
                }
            } catch (IOException | RuntimeException e) {
                // The next question must still be answered, whatever was wrong with this one.
                System.err.println("datagram: " + e);
            }
        }
    }

    private void accept(ServerSocket server) {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                connections.execute(() -> answerConnection(socket));
            } catch (IOException e) {
                System.err.println("accept: " + e);
            }
        }
    }

    private void answerConnection(Socket socket) {
        try (socket) {
            socket.setSoTimeout(IDLE_MILLIS);
            DataInputStream in = new DataInputStream(socket.getInputStream());
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            while (true) {
                byte[] question = new byte[in.readUnsignedShort()];
                in.readFully(question);
                byte[] response = respond(question, question.length, false);
                if (response == null) {
                    return;
                }
                byte[] framed = new byte[response.length + 2];
                framed[0] = (byte) (response.length >> 8);
                framed[1] = (byte) response.length;
                System.arraycopy(response, 0, framed, 2, response.length);
                out.write(framed);
            }
        } catch (IOException | RuntimeException e) {
            // The end of a connection, mostly; there is nobody to be told.
        }
    }

    private byte[] respond(byte[] bytes, int length, boolean datagram) {
        Message.Query query = Message.parse(bytes, length);
        if (query == null) {
            return null;
        }
        Answers.Answer answer = answers.answer(query.name().toLowerCase(Locale.ROOT), query.type());
        return Message.response(query, answer, datagram);
    }
}
