package io.telepresence.tunnel;

import com.google.protobuf.ByteString;
import io.telepresence.agree.Transport;
import io.telepresence.base.AddressText;
import io.telepresence.rpc.tunnel.Endpoint;
import io.telepresence.rpc.tunnel.FlowId;
import io.telepresence.rpc.tunnel.Protocol;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/**
 * What names a flow, in every log line of every process: protocol, who started it, where it goes.
 *
 * @param protocol TCP or UDP
 * @param source address and port of the program that started the flow
 * @param destination address and port that it asked for
 */
public record FlowKey(Transport protocol, InetSocketAddress source, InetSocketAddress destination) {

    public FlowId toWire() {
        return FlowId.newBuilder()
                .setProtocol(protocol == Transport.UDP ? Protocol.UDP : Protocol.TCP)
                .setSource(endpoint(source))
                .setDestination(endpoint(destination))
                .build();
    }

    /** @throws IllegalArgumentException if an address has neither 4 nor 16 bytes, a port is out of range, or the protocol is neither */
    public static FlowKey fromWire(FlowId id) {
        return new FlowKey(transport(id.getProtocol()), address(id.getSource()), address(id.getDestination()));
    }

    private static Transport transport(Protocol wire) {
        return switch (wire) {
            case TCP -> Transport.TCP;
            case UDP -> Transport.UDP;
            case UNRECOGNIZED -> throw new IllegalArgumentException("flow of an unknown protocol");
        };
    }

    @Override
    public String toString() {
        return protocol + " " + AddressText.of(source) + " -> " + AddressText.of(destination);
    }

    private static Endpoint endpoint(InetSocketAddress address) {
        return Endpoint.newBuilder()
                .setIp(ByteString.copyFrom(address.getAddress().getAddress()))
                .setPort(address.getPort())
                .build();
    }

    private static InetSocketAddress address(Endpoint endpoint) {
        try {
            return new InetSocketAddress(
                    InetAddress.getByAddress(endpoint.getIp().toByteArray()), endpoint.getPort());
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(
                    "flow address of " + endpoint.getIp().size() + " bytes", e);
        }
    }
}
