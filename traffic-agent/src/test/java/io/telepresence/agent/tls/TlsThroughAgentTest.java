package io.telepresence.agent.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.telepresence.agent.Until;
import io.telepresence.agent.http2.FakeGrpcServer;
import io.telepresence.agent.http2.ProxyFixture;
import io.telepresence.agent.route.ClientEndpoint;
import io.telepresence.agent.route.PortRoutes;
import io.telepresence.agree.PortProtocol;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.RequestRouter.Rule;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Callers speak TLS, the app and the laptop do, too. */
@Timeout(60)
class TlsThroughAgentTest {
    @TempDir
    Path dir;

    private Path own;
    private FakeGrpcServer app;
    private FakeGrpcServer laptop;
    private ProxyFixture rig;
    private ManagedChannel plain;
    private Channel mine;

    @BeforeEach
    void certificates() throws Exception {
        assumeTrue(Keys.canBeMade(), "there is no openssl");
        own = Keys.selfSigned(dir.resolve("own"), "app");
        Keys.selfSigned(dir.resolve("laptop"), "laptop");
        app = new FakeGrpcServer("app", b -> secure(b, own, ClientAuth.NONE));
        laptop = new FakeGrpcServer("laptop", b -> secure(b, dir.resolve("laptop"), ClientAuth.NONE));
    }

    private static NettyServerBuilder secure(NettyServerBuilder builder, Path certificates, ClientAuth auth) {
        try {
            SslContextBuilder tls = GrpcSslContexts.configure(
                            SslContextBuilder.forServer(
                                    certificates.resolve("tls.crt").toFile(),
                                    certificates.resolve("tls.key").toFile()),
                            SslProvider.JDK)
                    .clientAuth(auth);
            if (auth != ClientAuth.NONE) {
                tls.trustManager(certificates.resolve("callers.crt").toFile());
            }
            return builder.sslContext(tls.build());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void start(TlsSettings settings) throws Exception {
        rig = new ProxyFixture(
                app.port(),
                services -> new TlsHandler(
                        services,
                        new Certificates(settings),
                        new PortProtocol(PortProtocol.Tls.ALWAYS, PortProtocol.Http.UNKNOWN)));
        rig.rules = PortRoutes.of(List.of(ProxyFixture.taker("x-user", "me", laptop.port())));
        plain = caller(null);
        mine = FakeGrpcServer.with(plain, "x-user", "me");
    }

    private ManagedChannel caller(Path client) throws Exception {
        SslContextBuilder tls = GrpcSslContexts.configure(SslContextBuilder.forClient(), SslProvider.JDK)
                .trustManager(Trust.ANYBODY)
                .endpointIdentificationAlgorithm(null);
        if (client != null) {
            tls.keyManager(
                    client.resolve("tls.crt").toFile(),
                    client.resolve("tls.key").toFile());
        }
        return NettyChannelBuilder.forAddress("127.0.0.1", rig.port())
                .overrideAuthority("api.shop")
                .sslContext(tls.build())
                .build();
    }

    @AfterEach
    void close() throws Exception {
        if (plain != null) {
            plain.shutdownNow();
            plain.awaitTermination(5, TimeUnit.SECONDS);
        }
        if (rig != null) {
            rig.close();
        }
        if (app != null) {
            app.close();
            laptop.close();
        }
    }

    @Test
    void grpcIsJudgedInsideTls() throws Exception {
        start(new TlsSettings(own, null, false));
        String large = "z".repeat(3 << 20);
        for (int i = 0; i < 3; i++) {
            assertEquals("app:" + large, FakeGrpcServer.unary(plain, large));
            assertEquals("laptop:" + large, FakeGrpcServer.unary(mine, large));
            assertEquals("laptop:a laptop:b ", FakeGrpcServer.both(mine, List.of("a", "b")));
        }
        assertEquals(1, rig.callers.size());
    }

    @Test
    void aLaptopMayHaveItInTheClear() throws Exception {
        start(new TlsSettings(own, null, false));
        try (FakeGrpcServer open = new FakeGrpcServer("open")) {
            Rule<ClientEndpoint> taker = ProxyFixture.taker("x-user", "me", open.port());
            ClientEndpoint clear = new ClientEndpoint("one", "127.0.0.1", open.port(), true);
            rig.rules = PortRoutes.of(List.of(new Rule<>(clear, EngagementKind.INTERCEPT, taker.filter())));
            assertEquals("open:1", FakeGrpcServer.unary(mine, "1"));
            assertEquals("app:1", FakeGrpcServer.unary(plain, "1"));
        }
    }

    @Test
    void anAppThatIsNotTrustedGetsNothingUnlessAllowed() throws Exception {
        app.close();
        app = new FakeGrpcServer("app", b -> secure(b, dir.resolve("laptop"), ClientAuth.NONE));
        start(new TlsSettings(own, null, false));
        assertThrows(RuntimeException.class, () -> FakeGrpcServer.unary(plain, "1"));
        close();
        certificates();
        app.close();
        app = new FakeGrpcServer("app", b -> secure(b, dir.resolve("laptop"), ClientAuth.NONE));
        start(new TlsSettings(own, null, true));
        assertEquals("app:1", FakeGrpcServer.unary(plain, "1"));
    }

    @Test
    void bothSidesMayAskForCertificates() throws Exception {
        Path caller = Keys.selfSigned(dir.resolve("caller"), "caller");
        Path agent = Keys.selfSigned(dir.resolve("agent"), "agent");
        Files.copy(caller.resolve("tls.crt"), own.resolve("ca.crt"));
        Files.copy(agent.resolve("tls.crt"), own.resolve("callers.crt"));
        Files.copy(own.resolve("tls.crt"), agent.resolve("ca.crt"));
        app.close();
        app = new FakeGrpcServer("app", b -> secure(b, own, ClientAuth.REQUIRE));
        start(new TlsSettings(own, agent, false));
        assertThrows(RuntimeException.class, () -> FakeGrpcServer.unary(plain, "1"));
        ManagedChannel known = caller(caller);
        assertEquals("app:1", FakeGrpcServer.unary(known, "1"));
        assertEquals("laptop:1", FakeGrpcServer.unary(FakeGrpcServer.with(known, "x-user", "me"), "1"));
        known.shutdownNow();
        assertTrue(known.awaitTermination(5, TimeUnit.SECONDS));
    }

    /** Where the agent has a certificate to show, a caller without one must not be let in by it. */
    @Test
    void tlsIsOpenedOnlyWhereTheAgentIsAsStrictAsTheApp() throws Exception {
        Path agent = Keys.selfSigned(dir.resolve("agent"), "agent");
        for (boolean insecure : List.of(false, true)) {
            assertEquals(Optional.empty(), new Certificates(new TlsSettings(own, null, insecure)).obstacle());
            Certificates open = new Certificates(new TlsSettings(own, agent, insecure));
            String why = open.obstacle().orElseThrow();
            assertTrue(why.contains("no ca.crt in " + own), why);
            assertFalse(open.usable());
            assertThrows(SSLException.class, () -> open.forCallers(List.of()));
        }
        Files.copy(agent.resolve("tls.crt"), own.resolve("ca.crt"));
        assertEquals(Optional.empty(), new Certificates(new TlsSettings(own, agent, false)).obstacle());
        Files.delete(own.resolve("tls.key"));
        String unusable =
                new Certificates(new TlsSettings(own, agent, false)).obstacle().orElseThrow();
        assertTrue(unusable.contains("tls.key"), unusable);
    }

    @Test
    void callersNeedNoCertificateWhereTheAppAsksForNone() throws Exception {
        Files.copy(own.resolve("tls.crt"), own.resolve("ca.crt"));
        start(new TlsSettings(own, null, false));
        assertEquals("app:1", FakeGrpcServer.unary(plain, "1"));
    }

    @Test
    void newCertificatesAreUsed() throws Exception {
        start(new TlsSettings(own, null, true));
        assertEquals("CN=app", subject());
        Keys.selfSigned(dir.resolve("next"), "next");
        for (String file : List.of("tls.key", "tls.crt")) {
            Files.move(dir.resolve("next").resolve(file), own.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        Until.holds("the new certificate is shown", () -> subject().equals("CN=next"));
        Files.writeString(own.resolve("tls.crt"), "broken");
        Until.holds("looked at", () -> subject().equals("CN=next"));
    }

    @Test
    void http1InsideTls() throws Exception {
        try (TlsLines there = new TlsLines(own, "app");
                TlsLines here = new TlsLines(dir.resolve("laptop"), "laptop")) {
            start(new TlsSettings(own, null, false));
            rig.appPort = there.port();
            rig.rules = PortRoutes.of(List.of(ProxyFixture.taker("x-user", "me", here.port())));
            try (SSLSocket caller = connect("h2", "http/1.1")) {
                assertEquals("http/1.1", caller.getApplicationProtocol());
                for (int i = 0; i < 3; i++) {
                    assertEquals("app api.shop", ask(caller, "a: b"));
                    assertEquals("laptop api.shop", ask(caller, "x-user: me"));
                }
            }
        }
    }

    private String subject() {
        try (SSLSocket caller = connect("h2")) {
            X509Certificate shown = (X509Certificate) caller.getSession().getPeerCertificates()[0];
            return shown.getSubjectX500Principal().getName();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private SSLSocket connect(String... protocols) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {Trust.ANYBODY}, null);
        SSLSocket socket = (SSLSocket) context.getSocketFactory()
                .createSocket(new Socket("127.0.0.1", rig.port()), "api.shop", rig.port(), true);
        socket.setSoTimeout(10_000);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(protocols);
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }

    /** Sends a request and returns the body of the answer. */
    private static String ask(SSLSocket caller, String header) throws IOException {
        caller.getOutputStream().write(("GET / HTTP/1.1\r\nHost: api.shop\r\n" + header + "\r\n\r\n").getBytes());
        StringBuilder head = new StringBuilder();
        InputStream in = caller.getInputStream();
        while (head.indexOf("\r\n\r\n") < 0) {
            int b = in.read();
            if (b < 0) {
                throw new IOException("ended after: " + head);
            }
            head.append((char) b);
        }
        int at = head.indexOf("Content-Length: ") + 16;
        int length = Integer.parseInt(head.substring(at, head.indexOf("\r\n", at)));
        return new String(in.readNBytes(length));
    }
}
