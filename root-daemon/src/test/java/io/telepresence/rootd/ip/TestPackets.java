package io.telepresence.rootd.ip;

import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/** Makes packets as a host would, each with its virtio-net header, and checks those that come back, byte by byte. */
public final class TestPackets {
    private TestPackets() {}

    public static IpAddress ip(String text) {
        try {
            return IpAddress.of(InetAddress.getByName(text));
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }

    public static Tuple tuple(String source, int sourcePort, String destination, int destinationPort) {
        return Tuple.of(ip(source), sourcePort, ip(destination), destinationPort);
    }

    public static byte[] syn(Tuple tuple, int sequence) {
        return tcp(tuple, sequence, 0, TcpHeader.SYN, new byte[0]);
    }

    public static byte[] tcp(Tuple tuple, int sequence, int acknowledged, int flags, byte[] data) {
        ByteBuffer segment = ByteBuffer.allocate(20 + data.length);
        segment.putInt(tuple.ports()).putInt(sequence).putInt(acknowledged);
        segment.put((byte) 0x50)
                .put((byte) flags)
                .putShort((short) 0x7000)
                .putInt(0)
                .put(data);
        return packet(tuple, 6, 16, segment.array());
    }

    public static byte[] udp(Tuple tuple, byte[] data) {
        ByteBuffer datagram = ByteBuffer.allocate(8 + data.length);
        datagram.putInt(tuple.ports())
                .putShort((short) (8 + data.length))
                .putShort((short) 0)
                .put(data);
        return packet(tuple, 17, 6, datagram.array());
    }

    public static byte[] echoRequest(IpAddress from, IpAddress to, byte[] data) {
        ByteBuffer message = ByteBuffer.allocate(8 + data.length);
        message.put((byte) (from.isV4() ? 8 : 128))
                .put((byte) 0)
                .putShort((short) 0)
                .putInt(0x1234_0001)
                .put(data);
        return packet(Tuple.of(from, 0, to, 0), from.isV4() ? 1 : 58, 2, message.array());
    }

    /** @param checksum where the payload has its checksum, which is computed here; -1: nowhere */
    public static byte[] packet(Tuple tuple, int protocol, int checksum, byte[] payload) {
        boolean v6 = !tuple.source().isV4();
        ByteBuffer b = ByteBuffer.allocate(10 + (v6 ? 40 : 20) + payload.length);
        b.position(10);
        if (v6) {
            b.putInt(0x6000_0000)
                    .putShort((short) payload.length)
                    .put((byte) protocol)
                    .put((byte) 64);
        } else {
            b.putShort((short) 0x4500).putShort((short) (20 + payload.length)).putInt(0x0101_4000);
            b.put((byte) 64).put((byte) protocol).putShort((short) 0);
        }
        tuple.source().write(b, b.position());
        tuple.destination().write(b, b.position() + (v6 ? 16 : 4));
        b.position(b.position() + (v6 ? 32 : 8)).put(payload);
        if (!v6) {
            b.putShort(20, (short) ~naive(b.array(), 10, 20, 0));
        }
        if (checksum >= 0) {
            int field = (v6 ? 50 : 30) + checksum;
            b.putShort(field, (short) 0);
            b.putShort(field, (short) ~transportSum(b.array()));
        }
        return b.array();
    }

    /** Every checksum of the packet is right, and its lengths fit. */
    public static boolean isValid(byte[] packet) {
        ByteBuffer b = ByteBuffer.wrap(packet);
        boolean v6 = packet[10] >>> 4 == 6;
        int length = v6 ? 40 + (b.getShort(14) & 0xffff) : b.getShort(12) & 0xffff;
        boolean header = v6 || naive(packet, 10, 20, 0) == 0xffff;
        return length == packet.length - 10 && header && transportSum(packet) == 0xffff;
    }

    /** Sum over payload and pseudo header; the payload must follow the IP header at once. */
    static int transportSum(byte[] packet) {
        boolean v6 = packet[10] >>> 4 == 6;
        int start = v6 ? 50 : 30;
        int length = packet.length - start;
        int protocol = packet[10 + (v6 ? 6 : 9)] & 0xff;
        int pseudo = 0;
        if (protocol != 1) {
            pseudo = naive(packet, v6 ? 18 : 22, v6 ? 32 : 8, protocol + length);
        }
        return naive(packet, start, length, pseudo);
    }

    /** The checksum as in the textbook: one word after the other. */
    static int naive(byte[] bytes, int at, int length, int start) {
        long sum = start;
        for (int i = 0; i < length; i++) {
            sum += (i & 1) == 0 ? (bytes[at + i] & 0xff) << 8 : bytes[at + i] & 0xff;
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return (int) sum;
    }

    public static byte[] bytes(int... values) {
        var out = new ByteArrayOutputStream();
        for (int value : values) {
            out.write(value);
        }
        return out.toByteArray();
    }
}
