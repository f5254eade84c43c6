package io.telepresence.userd.apiserver;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.telepresence.agree.ServerUrl;
import io.telepresence.base.Pem;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.StandardConstants;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/** TLS towards API servers and their proxies, which may have names that Java's own TLS does not take. */
final class ApiTls {
    private ApiTls() {}

    /**
     * What a connection trusts and shows.
     *
     * @param insecure any certificate is good
     * @param authorities PEM of those that are trusted; null: this machine's
     * @param alsoMachine trust this machine's besides
     * @param own PEM of the client's certificate and its key; null: none
     */
    record Trust(boolean insecure, byte[] authorities, boolean alsoMachine, byte[][] own) {}

    static SslContext context(Trust trust) throws GeneralSecurityException, SSLException {
        SslContextBuilder builder = SslContextBuilder.forClient()
                .sslProvider(SslProvider.JDK)
                // The check of the name is ours: see HostnameCheck.
                .endpointIdentificationAlgorithm(null);
        if (trust.insecure()) {
            builder.trustManager(InsecureTrustManagerFactory.INSTANCE);
        } else {
            builder.trustManager(new NamedTrust(anchors(trust)));
        }
        if (trust.own() != null) {
            builder.keyManager(Pem.key(trust.own()[1]), certificates(trust.own()[0]));
        }
        return builder.build();
    }

    /**
     * Speaks TLS to the server of that name, which is sent to it and checked.
     *
     * @param name name or address, without brackets
     * @param limit of the handshake
     */
    static SslHandler handler(SslContext tls, ByteBufAllocator buffers, String name, int port, Duration limit) {
        String bare = name.replaceFirst("%.*", "").replaceFirst("\\.$", "");
        SslHandler handler = tls.newHandler(buffers, bare, port);
        SSLParameters parameters = handler.engine().getSSLParameters();
        parameters.setServerNames(serverNames(bare));
        handler.engine().setSSLParameters(parameters);
        handler.setHandshakeTimeoutMillis(limit.toMillis());
        return handler;
    }

    private static List<SNIServerName> serverNames(String name) {
        return name.isEmpty() || ServerUrl.address(name).isPresent() ? List.of() : List.of(new AnyName(name));
    }

    /** As {@link javax.net.ssl.SNIHostName}, which takes no underscore. */
    private static final class AnyName extends SNIServerName {
        AnyName(String name) {
            super(StandardConstants.SNI_HOST_NAME, name.getBytes(StandardCharsets.US_ASCII));
        }
    }

    private static X509Certificate[] certificates(byte[] pem) throws GeneralSecurityException {
        return Pem.certificates(pem).toArray(X509Certificate[]::new);
    }

    private static X509ExtendedTrustManager anchors(Trust trust) throws GeneralSecurityException {
        if (trust.authorities() == null) {
            return manager(null);
        }
        X509Certificate[] given = certificates(trust.authorities());
        return manager(
                trust.alsoMachine()
                        ? Stream.concat(
                                        Arrays.stream(given),
                                        Arrays.stream(manager(null).getAcceptedIssuers()))
                                .toArray(X509Certificate[]::new)
                        : given);
    }

    /** @param trusted null: this machine's */
    private static X509ExtendedTrustManager manager(X509Certificate[] trusted) throws GeneralSecurityException {
        KeyStore store = null;
        if (trusted != null) {
            store = KeyStore.getInstance(KeyStore.getDefaultType());
            try {
                store.load(null, null);
            } catch (IOException e) {
                throw new GeneralSecurityException(e);
            }
            for (int i = 0; i < trusted.length; i++) {
                store.setCertificateEntry(Integer.toString(i), trusted[i]);
            }
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        for (TrustManager each : factory.getTrustManagers()) {
            if (each instanceof X509ExtendedTrustManager found) {
                return found;
            }
        }
        throw new GeneralSecurityException("this Java checks no certificates");
    }

    /** Checks the chain as ever, and then the name. */
    private static final class NamedTrust extends X509ExtendedTrustManager {
        private final X509ExtendedTrustManager chains;

        NamedTrust(X509ExtendedTrustManager chains) {
            this.chains = chains;
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            chains.checkServerTrusted(chain, type, engine);
            HostnameCheck.check(String.valueOf(engine.getPeerHost()), chain[0]);
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return chains.getAcceptedIssuers();
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            throw nameless();
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
            throw nameless();
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            throw nameless();
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            throw nameless();
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
            throw nameless();
        }

        private static CertificateException nameless() {
            return new CertificateException("only a server with a name is checked");
        }
    }
}
