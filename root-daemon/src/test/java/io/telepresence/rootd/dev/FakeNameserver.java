package io.telepresence.rootd.dev;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Section;

/**
 * The nameserver of the laptop's network, over UDP: knows every name but those that begin with {@code nx}. Argument: the
 * address to listen on.
 */
public final class FakeNameserver {
    private static final int PORT = 53;
    private static final int TTL = 77;

    private FakeNameserver() {}

    /** Runs until it is killed. */
    public static void main(String[] arguments) throws Exception {
        try (DatagramSocket socket = new DatagramSocket(new InetSocketAddress(arguments[0], PORT))) {
            while (true) {
                DatagramPacket packet = new DatagramPacket(new byte[4096], 4096);
                socket.receive(packet);
                byte[] query = new byte[packet.getLength()];
                System.arraycopy(packet.getData(), 0, query, 0, query.length);
                byte[] reply = answer(new Message(query)).toWire();
                socket.send(new DatagramPacket(reply, reply.length, packet.getSocketAddress()));
            }
        }
    }

    private static Message answer(Message query) {
        Message reply = query.clone();
        reply.getHeader().setFlag(Flags.QR);
        reply.getHeader().setFlag(Flags.RA);
        Name name = query.getQuestion().getName();
        if (name.toString().startsWith("nx")) {
            reply.getHeader().setRcode(Rcode.NXDOMAIN);
        } else {
            reply.addRecord(new ARecord(name, DClass.IN, TTL, InetAddress.ofLiteral("203.0.113.7")), Section.ANSWER);
        }
        return reply;
    }
}
