package io.telepresence.agent.tls;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.telepresence.base.Pem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificates of one port, read anew when their files have changed, which is looked at once a second at most. While
 * what is there cannot be used, the last that could be is. TLS is opened only where the application is as safe as
 * without the agent: where the agent has a certificate to show to it, callers must show one too. Thread-safe; reads a few small files on the caller's thread.
 */
public final class Certificates {
    private static final Logger LOG = LoggerFactory.getLogger(Certificates.class);
    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final String CERTIFICATE = "tls.crt";
    private static final String KEY = "tls.key";
    private static final String AUTHORITY = "ca.crt";

    private final TlsSettings settings;
    private final Map<List<String>, SslContext> contexts = new HashMap<>();
    private List<Object> marks = List.of();
    private long lookedNanos;
    private Loaded loaded;
    private String trouble = "";

    /** What the files said. */
    private record Loaded(Material server, List<X509Certificate> callers, Material client, Trust app) {}

    /** A key and its certificates. */
    private record Material(java.security.PrivateKey key, List<X509Certificate> chain) {
        static Material of(Path directory) throws IOException, GeneralSecurityException {
            return new Material(Pem.key(directory.resolve(KEY)), Pem.certificates(directory.resolve(CERTIFICATE)));
        }

        X509Certificate[] array() {
            return chain.toArray(X509Certificate[]::new);
        }
    }

    public Certificates(TlsSettings settings) {
        this.settings = settings;
    }

    /** Whether TLS of callers may be opened. */
    boolean usable() {
        return obstacle().isEmpty();
    }

    /** Why TLS of callers is passed on unopened, as a clause; empty: it is not. */
    public synchronized Optional<String> obstacle() {
        look();
        if (loaded == null) {
            return Optional.of("the certificates in " + settings.downstream() + " cannot be used (" + trouble + ")");
        }
        return loaded.client() != null && loaded.callers().isEmpty()
                ? Optional.of("the application may ask its callers for certificates, and there is no " + AUTHORITY
                        + " in " + settings.downstream() + " to know them by")
                : Optional.empty();
    }

    /** @param protocols to be offered in ALPN, best first; empty: no ALPN */
    synchronized SslContext forCallers(List<String> protocols) throws SSLException {
        Optional<String> obstacle = obstacle();
        if (obstacle.isPresent()) {
            throw new SSLException(obstacle.get());
        }
        return context("callers", protocols);
    }

    synchronized SslContext forApp(List<String> protocols) throws SSLException {
        return context("app", protocols);
    }

    synchronized SslContext forLaptops(List<String> protocols) throws SSLException {
        return context("laptops", protocols);
    }

    private SslContext context(String whom, List<String> protocols) throws SSLException {
        look();
        if (loaded == null) {
            throw new SSLException("there is no usable certificate in " + settings.downstream());
        }
        List<String> key = new ArrayList<>(protocols);
        key.add(whom);
        SslContext context = contexts.get(key);
        if (context == null) {
            context = builder(whom)
                    .sslProvider(SslProvider.JDK)
                    .applicationProtocolConfig(alpn(protocols))
                    .build();
            contexts.put(key, context);
        }
        return context;
    }

    private SslContextBuilder builder(String whom) {
        if (whom.equals("callers")) {
            SslContextBuilder builder = SslContextBuilder.forServer(
                    loaded.server().key(), loaded.server().array());
            return loaded.callers().isEmpty()
                    ? builder
                    : builder.clientAuth(ClientAuth.REQUIRE)
                            .trustManager(loaded.callers().toArray(X509Certificate[]::new));
        }
        SslContextBuilder builder = SslContextBuilder.forClient()
                .trustManager(whom.equals("app") ? loaded.app() : Trust.ANYBODY)
                .endpointIdentificationAlgorithm(null);
        return whom.equals("app") && loaded.client() != null
                ? builder.keyManager(loaded.client().key(), loaded.client().array())
                : builder;
    }

    private static ApplicationProtocolConfig alpn(List<String> protocols) {
        return protocols.isEmpty()
                ? ApplicationProtocolConfig.DISABLED
                : new ApplicationProtocolConfig(
                        Protocol.ALPN,
                        SelectorFailureBehavior.NO_ADVERTISE,
                        SelectedListenerFailureBehavior.ACCEPT,
                        protocols);
    }

    private void look() {
        long now = System.nanoTime();
        if (!marks.isEmpty() && now - lookedNanos < LOOK_NANOS) {
            return;
        }
        lookedNanos = now;
        List<Object> found = marks();
        if (!found.equals(marks)) {
            marks = found;
            load();
        }
    }

    private void load() {
        try {
            Path own = settings.downstream();
            Material server = Material.of(own);
            List<X509Certificate> issuers = authorities(own);
            Path upstream = settings.upstream();
            Material client = upstream != null && Files.exists(upstream.resolve(KEY)) ? Material.of(upstream) : null;
            List<X509Certificate> app = upstream == null ? List.of() : authorities(upstream);
            // Issuers of certificates put ca.crt beside each; it is about callers only where the app asks for one.
            List<X509Certificate> callers = client == null ? List.of() : issuers;
            Loaded fresh = new Loaded(server, callers, client, trust(app, server, issuers));
            contexts.clear();
            loaded = fresh;
            LOG.info("certificates of {} are loaded", own);
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            trouble = e.toString();
            LOG.warn(
                    "cannot use the certificates in {}: {}; {}",
                    settings.downstream(),
                    e.toString(),
                    loaded == null ? "TLS is passed on as it is" : "those from before stay in use");
        }
    }

    /** The app most likely shows the very certificate that the agent was given, or one of the same authority. */
    private Trust trust(List<X509Certificate> app, Material server, List<X509Certificate> authorities)
            throws GeneralSecurityException {
        if (settings.insecure()) {
            return Trust.ANYBODY;
        }
        if (!app.isEmpty()) {
            return Trust.only(app);
        }
        List<X509Certificate> known = new ArrayList<>(server.chain());
        known.addAll(authorities);
        return Trust.systemAnd(known);
    }

    private static List<X509Certificate> authorities(Path directory) throws IOException, GeneralSecurityException {
        Path file = directory.resolve(AUTHORITY);
        return Files.exists(file) ? Pem.certificates(file) : List.of();
    }

    private List<Object> marks() {
        List<Object> marks = new ArrayList<>();
        for (Path directory : new Path[] {settings.downstream(), settings.upstream()}) {
            if (directory != null) {
                for (String name : List.of(CERTIFICATE, KEY, AUTHORITY)) {
                    marks.add(mark(directory.resolve(name)));
                }
            }
        }
        return marks;
    }

    private static List<Object> mark(Path file) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return List.of(attributes.lastModifiedTime(), attributes.size(), String.valueOf(attributes.fileKey()));
        } catch (IOException e) {
            return List.of();
        }
    }
}
