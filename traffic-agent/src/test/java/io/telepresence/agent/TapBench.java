package io.telepresence.agent;

import io.telepresence.agree.Transport;
import io.telepresence.engagement.Port;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a mirror costs the original: bulk and round trips through an agent without a mirror, with one whose laptop keeps up,
 * and with one whose laptop has stopped, interleaved. Run {@link #main}; on a busy machine read the best ones.
 */
final class TapBench {
    private static final long BULK = 256L << 20;
    private static final int ROUND_TRIPS = 5_000;
    private static final int ROUNDS = 30;

    private TapBench() {}

    private enum Way {
        NO_TAP,
        TAP,
        STOPPED
    }

    public static void main(String[] arguments) throws Exception {
        try (ServerSocket app = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
                ServerSocket local = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
                Place place = Place.passive("for its port");
                AgentFixture rig = new AgentFixture(new Port(Transport.TCP, app.getLocalPort()), "127.0.0.1")) {
            Thread.ofVirtual().start(() -> serve(app, true));
            Thread.ofVirtual().start(() -> serve(local, false));
            rig.awaitArrival();
            List<List<double[]>> figures = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
            for (int round = 0; round <= ROUNDS; round++) {
                for (Way way : Way.values()) {
                    prepare(rig, way, place, local.getLocalPort());
                    double[] one = {bulk(rig), latency(rig, 50), latency(rig, 99)};
                    if (round > 0) {
                        figures.get(way.ordinal()).add(one);
                    }
                }
            }
            for (Way way : Way.values()) {
                List<double[]> all = figures.get(way.ordinal());
                System.out.printf(
                        "%-8s bulk %5.2f Gbit/s (best %5.2f)   round trip p50 %5.1f us (best %5.1f)  p99 %6.1f us%n",
                        way, at(all, 0, 50), at(all, 0, 100), at(all, 1, 50), at(all, 1, 0), at(all, 2, 50));
            }
            System.out.println("counts " + AgentTapTest.counted(rig, "a:one"));
            System.exit(0);
        }
    }

    private static void prepare(AgentFixture rig, Way way, Place place, int local) {
        rig.laptop.mood = way == Way.STOPPED ? FakeLaptop.Mood.STALLED : FakeLaptop.Mood.DIALS;
        if (way == Way.NO_TAP) {
            rig.disengage();
        } else {
            var mirror = AgentTapTest.mirror(rig, "a:one", place).toBuilder();
            mirror.getPortsBuilder(0).setLocalPort(local);
            AgentTapTest.engage(rig, mirror.build());
        }
    }

    private static double at(List<double[]> all, int column, int percentile) {
        double[] values = all.stream().mapToDouble(row -> row[column]).sorted().toArray();
        return values[(values.length - 1) * percentile / 100];
    }

    private static double bulk(AgentFixture rig) throws Exception {
        byte[] piece = new byte[256 << 10];
        try (Caller caller = rig.call()) {
            long begin = System.nanoTime();
            caller.socket.getOutputStream().write('b');
            for (long left = BULK; left > 0; left -= piece.length) {
                caller.socket.getOutputStream().write(piece);
            }
            caller.finish();
            return BULK * 8.0 / (System.nanoTime() - begin);
        }
    }

    private static double latency(AgentFixture rig, int percentile) throws Exception {
        long[] took = new long[ROUND_TRIPS];
        byte[] ping = new byte[64];
        try (Caller caller = rig.call()) {
            caller.socket.setTcpNoDelay(true);
            caller.socket.getOutputStream().write('p');
            for (int i = 0; i < took.length; i++) {
                long begin = System.nanoTime();
                caller.socket.getOutputStream().write(ping);
                caller.socket.getInputStream().readNBytes(ping.length);
                took[i] = System.nanoTime() - begin;
            }
            caller.finish();
        }
        Arrays.sort(took);
        return took[took.length * percentile / 100] / 1000.0;
    }

    private static void serve(ServerSocket server, boolean answers) {
        try {
            while (true) {
                Socket socket = server.accept();
                Thread.ofVirtual().start(() -> serve(socket, answers));
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    /** A first byte 'b': reads to the end; 'p': sends everything back. */
    private static void serve(Socket socket, boolean answers) {
        try (socket) {
            InputStream in = socket.getInputStream();
            OutputStream out = answers ? socket.getOutputStream() : OutputStream.nullOutputStream();
            socket.setTcpNoDelay(true);
            boolean back = in.read() == 'p';
            byte[] buffer = new byte[256 << 10];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                out.write(buffer, 0, back ? n : 0);
            }
        } catch (IOException e) {
            // The caller, or the agent, has cut it.
        }
    }
}
