package io.telepresence.rootd.session;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.OptionalInt;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.Type;

/** Asks a nameserver as any program of this machine would: without a mark, so that redirections apply. Blocking. */
final class DnsProbe {
    private static final int MOST_BYTES = 4096;
    private static final int FIRST_WAIT_MILLIS = 300;
    private static final int LONGEST_WAIT_MILLIS = 1200;

    private DnsProbe() {}

    /**
     * Asks for the IPv4 address of {@code name}, and again if nothing comes.
     *
     * @return the RCODE; empty if no answer came in time
     */
    static OptionalInt ask(InetSocketAddress server, String name, Duration within) {
        long end = System.nanoTime() + within.toNanos();
        try (DatagramSocket socket = new DatagramSocket()) {
            Message query = Message.newQuery(Record.newRecord(Name.fromString(name + "."), Type.A, DClass.IN));
            socket.connect(server);
            int wait = FIRST_WAIT_MILLIS;
            for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
                OptionalInt rcode = once(socket, query, Math.clamp(left / 1_000_000, 1, wait));
                if (rcode.isPresent()) {
                    return rcode;
                }
                wait = Math.min(wait * 2, LONGEST_WAIT_MILLIS);
            }
        } catch (IOException e) {
            // No route, or nobody listens there: no answer.
        }
        return OptionalInt.empty();
    }

    private static OptionalInt once(DatagramSocket socket, Message query, int millis) throws IOException {
        byte[] bytes = query.toWire();
        socket.send(new DatagramPacket(bytes, bytes.length));
        socket.setSoTimeout(millis);
        DatagramPacket reply = new DatagramPacket(new byte[MOST_BYTES], MOST_BYTES);
        try {
            socket.receive(reply);
        } catch (SocketTimeoutException e) {
            return OptionalInt.empty();
        }
        byte[] got = reply.getData();
        boolean ours = reply.getLength() >= 12 && got[0] == bytes[0] && got[1] == bytes[1];
        return ours ? OptionalInt.of(got[3] & 0xf) : OptionalInt.empty();
    }
}
