package io.telepresence.cli.grpc;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/**
 * Where a server listens.
 *
 * @param authorization value of that header in every call; empty: none
 */
public record GrpcEndpoint(SocketAddress address, String authorization) {
    public static GrpcEndpoint unix(Path socket) {
        return new GrpcEndpoint(UnixDomainSocketAddress.of(socket), "");
    }

    /** A port of 127.0.0.1 whose callers must know a secret (RFC 6750). */
    public static GrpcEndpoint loopback(int port, String secret) {
        try {
            InetAddress loopback = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
            return new GrpcEndpoint(new InetSocketAddress(loopback, port), "Bearer " + secret);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    SocketChannel connect() throws IOException {
        return SocketChannel.open(address);
    }

    /** Never with the secret. */
    @Override
    public String toString() {
        return address.toString();
    }
}
