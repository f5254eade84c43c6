package io.telepresence.userd.podaccess;

import io.netty.channel.Channel;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.function.Predicate;

/**
 * Which peers the port forwards of one engagement serve, and at which address. The predicates are called on event loops.
 *
 * @param listen address to listen at
 * @param connection whether an accepted connection is served
 * @param datagram whether datagrams of this sender are
 */
record PeerFilter(InetAddress listen, Predicate<Channel> connection, Predicate<InetSocketAddress> datagram) {

    /**
     * Programs of this machine, by its loopback. TCP serves this user's and root's only; who sends a datagram cannot be
     * known.
     */
    static PeerFilter ofThisMachine() throws IOException {
        PeerUser own = PeerUser.ofThisProcess();
        return new PeerFilter(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), own::owns, any -> true);
    }

    /** The container with that address and nobody else. */
    static PeerFilter ofContainer(String address) throws FaultException {
        try {
            if (!address.matches("[0-9.]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*")) {
                throw new UnknownHostException(address);
            }
            InetAddress handler = InetAddress.getByName(address);
            InetAddress any = InetAddress.getByAddress(new byte[handler.getAddress().length]);
            return new PeerFilter(
                    any,
                    c -> c.remoteAddress() instanceof InetSocketAddress from && handler.equals(from.getAddress()),
                    from -> handler.equals(from.getAddress()));
        } catch (UnknownHostException e) {
            throw Fault.user("\"" + address + "\" is not the address of a container", "")
                    .exception(e);
        }
    }
}
