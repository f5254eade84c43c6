package io.telepresence.rootd.bench;

import java.io.IOException;
import java.net.ConnectException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.net.Socket;
import java.net.SocketException;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** A program that uses the network through {@link TunBench}, against an {@link EchoServer}; fails when it is lied to. */
public final class TunCheck {
    private static final int SHORT_CONNECTIONS = 10_000;
    private static final int AT_ONCE = 1000;
    private static final String[] NETWORKS = {"10.96.0.", "fd00:96::"};

    private TunCheck() {}

    public static void main(String[] args) throws Exception {
        for (String network : NETWORKS) {
            InetAddress far = InetAddress.getByName(network + "2");
            check("16 MiB there and back, half-closed, " + network, () -> echo(far, 16 << 20));
            check("refused, " + network, () -> expect(ConnectException.class, "refused", () -> connect(far, 1)));
            check(
                    "unreachable, " + network,
                    () -> unreachable(InetAddress.getByName(network + (network.contains(":") ? "42" : "66"))));
            check("reset by the server, " + network, () -> resetByServer(far));
            check("datagrams, " + network, () -> datagrams(far));
            check("datagrams refused, " + network, () -> datagramRefused(far));
            check("ping answered, " + network, () -> ping(network + "2", 0));
            check("ping unanswered, " + network, () -> ping(network + "3", 1));
        }
        InetAddress far = InetAddress.getByName(NETWORKS[0] + "2");
        check(AT_ONCE + " at once", () -> atOnce(far));
        check(SHORT_CONNECTIONS + " short ones", () -> shortOnes(far));
        System.out.println("all checks passed");
    }

    @FunctionalInterface
    private interface Step {
        void run() throws Exception;
    }

    private static void check(String what, Step step) throws Exception {
        long start = System.nanoTime();
        step.run();
        System.out.printf("ok %5d ms  %s%n", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start), what);
    }

    private static void that(boolean condition, String otherwise) throws IOException {
        if (!condition) {
            throw new IOException(otherwise);
        }
    }

    private static void expect(Class<? extends Exception> kind, String text, Callable<?> step) throws Exception {
        try {
            step.call();
        } catch (Exception e) {
            that(kind.isInstance(e) && String.valueOf(e.getMessage()).contains(text), "wrong error: " + e);
            return;
        }
        throw new IOException("no " + kind.getSimpleName());
    }

    private static Socket connect(InetAddress far, int port) throws IOException {
        var socket = new Socket();
        try {
            socket.setSoTimeout(20_000);
            socket.connect(new InetSocketAddress(far, port), 20_000);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private static void echo(InetAddress far, int length) throws Exception {
        byte[] data = new byte[length];
        new Random(length).nextBytes(data);
        try (Socket socket = connect(far, EchoServer.PORT)) {
            Thread writer = Thread.ofVirtual().start(() -> {
                try {
                    socket.getOutputStream().write(data);
                    socket.shutdownOutput();
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            byte[] back = readAll(socket, length + 1);
            writer.join();
            that(Arrays.equals(data, back), "got " + back.length + " of " + length + " bytes, or wrong ones");
        }
    }

    private static byte[] readAll(Socket socket, int most) throws IOException {
        try {
            return socket.getInputStream().readNBytes(most);
        } catch (IOException e) {
            throw new IOException("port " + socket.getLocalPort() + ": " + e.getMessage(), e);
        }
    }

    private static void unreachable(InetAddress nobody) throws Exception {
        expect(NoRouteToHostException.class, "", () -> connect(nobody, 80));
    }

    private static void resetByServer(InetAddress far) throws Exception {
        try (Socket socket = connect(far, EchoServer.PORT)) {
            socket.getOutputStream().write('R');
            expect(SocketException.class, "reset", () -> socket.getInputStream().read());
        }
    }

    private static void datagrams(InetAddress far) throws IOException {
        try (var socket = new DatagramSocket()) {
            socket.setSoTimeout(5000);
            socket.connect(far, EchoServer.PORT);
            for (int length : new int[] {1, 1400, 1473, 9000, 60_000}) {
                byte[] data = new byte[length];
                new Random(length).nextBytes(data);
                socket.send(new DatagramPacket(data, length));
                var back = new DatagramPacket(new byte[65_535], 65_535);
                socket.receive(back);
                byte[] got = Arrays.copyOf(back.getData(), back.getLength());
                that(Arrays.equals(data, got), "datagram of " + length + " came back with " + got.length);
            }
        }
    }

    private static void datagramRefused(InetAddress far) throws Exception {
        try (var socket = new DatagramSocket()) {
            socket.setSoTimeout(5000);
            socket.connect(far, 1);
            socket.send(new DatagramPacket(new byte[1], 1));
            expect(PortUnreachableException.class, "", () -> {
                socket.receive(new DatagramPacket(new byte[1], 1));
                return null;
            });
        }
    }

    private static void ping(String address, int wanted) throws Exception {
        int code = new ProcessBuilder("ping", "-c", "1", "-W", "3", address)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
        that(code == wanted, "ping " + address + " ended with " + code);
    }

    private static void atOnce(InetAddress far) throws Exception {
        var sockets = new Socket[AT_ONCE];
        try {
            parallel(AT_ONCE, i -> sockets[i] = connect(far, EchoServer.PORT));
            parallel(AT_ONCE, i -> {
                byte[] data = new byte[5000 + i];
                sockets[i].getOutputStream().write(data);
                byte[] back = sockets[i].getInputStream().readNBytes(data.length);
                that(back.length == data.length, "connection " + i + " gave " + back.length);
            });
        } finally {
            for (Socket socket : sockets) {
                if (socket != null) {
                    socket.close();
                }
            }
        }
    }

    private static void shortOnes(InetAddress far) throws Exception {
        int each = SHORT_CONNECTIONS / 50;
        parallel(50, i -> {
            for (int n = 0; n < each; n++) {
                echo(far, 100 + n);
            }
        });
    }

    @FunctionalInterface
    private interface Numbered {
        void run(int number) throws Exception;
    }

    private static void parallel(int count, Numbered work) throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var all = IntStream.range(0, count)
                    .mapToObj(i -> threads.<Void>submit(() -> {
                        work.run(i);
                        return null;
                    }))
                    .toList();
            for (Future<Void> each : all) {
                each.get();
            }
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        }
    }
}
