package io.telepresence.rootd.tun;

import io.telepresence.rootd.ip.IpHeader;
import io.telepresence.rootd.ip.TcpHeader;
import io.telepresence.rootd.ip.TestPackets;
import io.telepresence.rootd.ip.Tuple;
import java.io.IOException;
import java.net.ConnectException;
import java.net.DatagramPacket;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Plays the kernel whose programs connect through a device. The first packet of a connection goes into it; the answer is
 * what a kernel would act on: a reset or an error ends the attempt, and a redirected SYN is carried out by a real
 * connection from and to the addresses that stand in it. So all but the later packets of TCP is real. One thread.
 */
public final class MemoryKernel {
    private static final String OWN = "198.18.0.1";
    private static final int LIMIT_MILLIS = 20_000;
    private static final AtomicInteger LAST_PORT = new AtomicInteger(40_000);

    private final MemoryTun tun;

    public MemoryKernel(MemoryTun tun) {
        this.tun = tun;
    }

    /** What {@code connect} does for a program. */
    public Socket connect(String ip, int port) throws IOException, InterruptedException {
        tun.fromHost(TestPackets.syn(TestPackets.tuple(OWN, LAST_PORT.incrementAndGet(), ip, port), 1));
        byte[] packet = answer();
        ByteBuffer b = ByteBuffer.wrap(packet);
        IpHeader header = header(packet);
        if (header.protocol() != IpHeader.TCP) {
            throw new NoRouteToHostException("ICMP type " + b.get(header.payload()));
        }
        int flags = TcpHeader.flags(b, header.payload());
        if ((flags & TcpHeader.RST) != 0) {
            throw new ConnectException("refused");
        }
        if (!TcpHeader.isSyn(flags) || !TestPackets.isValid(packet)) {
            throw new IOException("not a redirected SYN: flags " + flags);
        }
        Tuple redirected = Tuple.read(b, header);
        Socket socket = new Socket();
        socket.setSoTimeout(LIMIT_MILLIS);
        socket.setReuseAddress(true);
        socket.bind(new InetSocketAddress(redirected.source().toInet(), redirected.sourcePort()));
        socket.connect(
                new InetSocketAddress(redirected.destination().toInet(), redirected.destinationPort()), LIMIT_MILLIS);
        return socket;
    }

    /** Sends a datagram from {@code fromPort}; the one that comes back to it. */
    public byte[] ask(int fromPort, DatagramPacket datagram) throws IOException, InterruptedException {
        Tuple tuple = TestPackets.tuple(OWN, fromPort, datagram.getAddress().getHostAddress(), datagram.getPort());
        tun.fromHost(TestPackets.udp(tuple, Arrays.copyOf(datagram.getData(), datagram.getLength())));
        byte[] packet = answer();
        IpHeader header = header(packet);
        if (header.protocol() != IpHeader.UDP
                || !Tuple.read(ByteBuffer.wrap(packet), header).equals(tuple.swapped())) {
            throw new IOException("not an answer to " + tuple);
        }
        return Arrays.copyOfRange(packet, header.payload() + 8, packet.length);
    }

    private byte[] answer() throws IOException, InterruptedException {
        byte[] packet = tun.toHost();
        if (packet == null) {
            throw new SocketTimeoutException("nothing came out of the device");
        }
        return packet;
    }

    private static IpHeader header(byte[] packet) {
        return IpHeader.parse(ByteBuffer.wrap(packet), 10, packet.length);
    }
}
