package io.telepresence.userd.cluster;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.telepresence.agree.Versions;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLException;

/**
 * How one caller reaches one API server: addresses (looked up once, so that later dials need no resolver), TLS, proxy and
 * the headers that say who is calling. Thread-safe; {@link #headers} and {@link #tls} may block.
 */
public final class ApiServer {
    private final KubeTarget target;
    private final Credentials credentials;
    private final URI uri;
    private final Proxy proxy;
    private final List<InetAddress> addresses;

    private ApiServer(KubeTarget target, URI uri, Proxy proxy, List<InetAddress> addresses) {
        this.target = target;
        this.credentials = new Credentials(target);
        this.uri = uri;
        this.proxy = proxy;
        this.addresses = addresses;
    }

    /** Checks the URL and looks up its name; blocks. */
    public static ApiServer open(KubeTarget target) throws FaultException {
        URI uri;
        try {
            uri = URI.create(target.server());
        } catch (IllegalArgumentException e) {
            throw badUrl(target).exception(e);
        }
        if (uri.getHost() == null || !List.of("http", "https").contains(String.valueOf(uri.getScheme()))) {
            throw badUrl(target).exception();
        }
        String dial = target.via().dial();
        Proxy proxy =
                dial.isEmpty() ? Proxy.of(KubeTarget.text(target.cluster(), "proxy-url"), uri, System.getenv()) : null;
        String name = proxy != null ? proxy.host() : dial.isEmpty() ? host(uri) : host(URI.create("tcp://" + dial));
        try {
            return new ApiServer(target, uri, proxy, List.of(InetAddress.getAllByName(name)));
        } catch (UnknownHostException e) {
            String what = proxy == null ? "the API server " + target.server() : "the proxy " + name;
            throw Fault.unreachable("the name of " + what + " cannot be resolved", "")
                    .exception(e);
        }
    }

    public String url() {
        return target.server();
    }

    /** Where packets for the API server (or its proxy) go. */
    public List<InetAddress> addresses() {
        return addresses;
    }

    Proxy proxy() {
        return proxy;
    }

    boolean secure() {
        return "https".equals(uri.getScheme());
    }

    /** Port to connect to where there is no proxy. */
    int port() {
        String dial = target.via().dial();
        return dial.isEmpty()
                ? authority().getPort()
                : URI.create("tcp://" + dial).getPort();
    }

    /** Host and port as the Host header wants it, and as a proxy is asked for it. */
    InetSocketAddress authority() {
        int port = uri.getPort() > 0 ? uri.getPort() : secure() ? 443 : 80;
        return InetSocketAddress.createUnresolved(host(uri), port);
    }

    String path(String path) {
        String base = uri.getRawPath() == null ? "" : uri.getRawPath();
        return (base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + path;
    }

    /** Name that the server's certificate must have. */
    String tlsName() {
        String name = KubeTarget.text(target.cluster(), "tls-server-name");
        return name.isEmpty() ? host(uri) : name;
    }

    boolean insecure() {
        return "true".equals(KubeTarget.text(target.cluster(), "insecure-skip-tls-verify"));
    }

    /** The credentials were refused: ask for new ones next time. */
    void refused() {
        credentials.refused();
    }

    SslContext tls() throws FaultException {
        try {
            SslContextBuilder builder = SslContextBuilder.forClient().sslProvider(SslProvider.JDK);
            byte[] authority = Credentials.data(target.cluster(), "certificate-authority");
            if (insecure()) {
                builder.trustManager(InsecureTrustManagerFactory.INSTANCE).endpointIdentificationAlgorithm(null);
            } else if (authority != null) {
                builder.trustManager(Pem.certificates(authority));
            }
            byte[][] own = credentials.certificate();
            if (own != null) {
                builder.keyManager(Pem.key(own[1]), Pem.certificates(own[0]));
            }
            return builder.build();
        } catch (GeneralSecurityException | SSLException | IllegalArgumentException e) {
            throw Fault.config("a certificate or key in the kubeconfig cannot be read: " + e.getMessage(), "")
                    .exception(e);
        }
    }

    /** Puts on what every request needs. */
    void headers(HttpHeaders headers) throws FaultException {
        InetSocketAddress authority = authority();
        headers.set(HttpHeaderNames.HOST, uri.getHost() + ":" + authority.getPort());
        headers.set(HttpHeaderNames.USER_AGENT, "telepresence/" + Versions.VERSION);
        String authorization = credentials.authorization();
        if (!authorization.isEmpty()) {
            headers.set(HttpHeaderNames.AUTHORIZATION, authorization);
        }
        impersonate(headers, target.user());
    }

    private static void impersonate(HttpHeaders headers, Map<String, Object> user) {
        String as = KubeTarget.text(user, "as");
        if (!as.isEmpty()) {
            headers.set("Impersonate-User", as);
        }
        String uid = KubeTarget.text(user, "as-uid");
        if (!uid.isEmpty()) {
            headers.set("Impersonate-Uid", uid);
        }
        if (user.get("as-groups") instanceof List<?> groups) {
            groups.forEach(g -> headers.add("Impersonate-Group", g.toString()));
        }
        if (user.get("as-user-extra") instanceof Map<?, ?> extras) {
            extras.forEach((key, values) -> {
                for (Object value : values instanceof List<?> list ? list : Arrays.asList(values)) {
                    headers.add("Impersonate-Extra-" + key, value.toString());
                }
            });
        }
    }

    private static String host(URI uri) {
        String host = uri.getHost();
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    private static Fault badUrl(KubeTarget target) {
        return Fault.config("the API server's URL \"" + target.server() + "\" in the kubeconfig is not a URL", "");
    }
}
