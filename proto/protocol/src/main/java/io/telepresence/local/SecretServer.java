package io.telepresence.local;

import io.grpc.BindableService;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;

/**
 * A gRPC server on a TCP port that serves only callers who know a secret, made anew at each start: for where a unix socket
 * cannot be shared. Service methods run on virtual threads.
 */
public final class SecretServer implements AutoCloseable {
    /** RFC 6750. */
    static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

    private static final int SECRET_BYTES = 32;

    private final OwnedServer server;

    private SecretServer(OwnedServer server) {
        this.server = server;
    }

    static String bearer(String secret) {
        return "Bearer " + secret;
    }

    /**
     * Listens at {@code port} of all addresses, and then writes the secret.
     *
     * @param secretFile is made anew, 0600
     */
    public static SecretServer start(int port, Path secretFile, List<BindableService> services) throws FaultException {
        OwnedServer server = null;
        try {
            byte[] random = new byte[SECRET_BYTES];
            new SecureRandom().nextBytes(random);
            String secret = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
            NettyServerBuilder builder = NettyServerBuilder.forAddress(new InetSocketAddress(port))
                    .channelType(EpollServerSocketChannel.class)
                    .intercept(new Guard(bearer(secret).getBytes(StandardCharsets.US_ASCII)));
            server = OwnedServer.start("port-" + port, builder, services);
            Files.deleteIfExists(secretFile);
            Files.createFile(
                    secretFile, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(secretFile, secret);
            return new SecretServer(server);
        } catch (IOException e) {
            if (server != null) {
                server.close();
            }
            throw Fault.internal("cannot listen at port " + port + ": " + e.getMessage())
                    .exception(e);
        }
    }

    /** Ends all calls; takes at most three seconds. */
    @Override
    public void close() {
        server.close();
    }

    private record Guard(byte[] expected) implements ServerInterceptor {
        @Override
        public <Q, A> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
            String said = headers.get(AUTHORIZATION);
            boolean known = said != null && MessageDigest.isEqual(expected, said.getBytes(StandardCharsets.US_ASCII));
            if (known) {
                return next.startCall(call, headers);
            }
            call.close(Status.UNAUTHENTICATED.withDescription("the secret is missing or wrong"), new Metadata());
            return new ServerCall.Listener<>() {};
        }
    }
}
