package io.telepresence.userd.apiserver;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.ssl.SslContext;
import io.telepresence.agree.ServerUrl;
import io.telepresence.agree.Versions;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.run.Watched;
import io.telepresence.userd.kubeconfig.CredentialPlugin;
import io.telepresence.userd.kubeconfig.Credentials;
import io.telepresence.userd.kubeconfig.KubeTarget;
import io.telepresence.userd.kubeconfig.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLException;

/**
 * How one caller reaches one API server: addresses, TLS, proxy and the headers that say who is calling. Thread-safe; {@link
 * #headers}, {@link #tls} and {@link #lookUp} may block.
 */
public final class ApiServer {
    private final KubeTarget target;
    private final Credentials credentials;
    private final ServerUrl url;
    private final Proxy proxy;
    private final ServerAddresses addresses;
    private final Watched<Optional<String>> trouble = new Watched<>(Optional.empty());

    private ApiServer(KubeTarget target, ServerUrl url, Proxy proxy, ServerAddresses addresses) {
        this.target = target;
        this.credentials = new Credentials(target);
        this.url = url;
        this.proxy = proxy;
        this.addresses = addresses;
    }

    /** Checks the URL and looks up its name; blocks. */
    public static ApiServer open(KubeTarget target) throws FaultException {
        return open(target, name -> List.of(InetAddress.getAllByName(name)));
    }

    static ApiServer open(KubeTarget target, ServerAddresses.Names names) throws FaultException {
        ServerUrl url = ServerUrl.parse(target.server())
                .filter(u -> List.of("http", "https").contains(u.scheme()))
                .orElseThrow(() -> badUrl(target).exception());
        String dial = target.via().dial();
        Proxy proxy = dial.isEmpty()
                ? Proxy.of(
                        KubeTarget.text(target.cluster(), "proxy-url"),
                        url,
                        target.via().caller().variables())
                : null;
        String name = proxy != null
                ? proxy.host()
                : dial.isEmpty() ? url.host() : dialled(dial).host();
        try {
            return new ApiServer(target, url, proxy, ServerAddresses.find(name, names));
        } catch (UnknownHostException e) {
            String what = proxy == null ? "the API server " + target.server() : "the proxy " + name;
            throw Fault.unreachable("the name of " + what + " cannot be resolved", "")
                    .exception(e);
        }
    }

    public String url() {
        return target.server();
    }

    /** Where packets for the API server (or its proxy) go, and may still go: follows its name. */
    public Watched<List<InetAddress>> addresses() {
        return addresses.used();
    }

    /** Where to connect to now; blocks, for two seconds at most. */
    List<InetAddress> lookUp() {
        return addresses.now();
    }

    Proxy proxy() {
        return proxy;
    }

    boolean secure() {
        return url.scheme().equals("https");
    }

    /** Port to connect to where there is no proxy. */
    int port() {
        String dial = target.via().dial();
        return dial.isEmpty() ? url.portOr(defaultPort()) : dialled(dial).portOr(defaultPort());
    }

    /** Host and port as the Host header wants them. */
    String authority() {
        return url.authority(defaultPort());
    }

    /** Host and port as a proxy is asked for them. */
    InetSocketAddress forProxy() {
        return InetSocketAddress.createUnresolved(url.withoutZone(), url.portOr(defaultPort()));
    }

    String path(String path) {
        String base = url.path();
        return (base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + path;
    }

    /** Name that the server's certificate must have. */
    String tlsName() {
        String name = KubeTarget.text(target.cluster(), "tls-server-name");
        return name.isEmpty() ? url.host() : name;
    }

    boolean insecure() {
        return "true".equals(KubeTarget.text(target.cluster(), "insecure-skip-tls-verify"));
    }

    /** The credentials were refused: ask for new ones next time. */
    void refused() {
        credentials.refused();
        trouble.set(Optional.of("the API server " + target.server() + " does not accept them"));
    }

    /** A request was served. */
    void accepted() {
        trouble.set(Optional.empty());
    }

    /** Why there are no credentials that are good; empty: none are known to be bad. */
    public Watched<Optional<String>> trouble() {
        return trouble;
    }

    /**
     * A command that asks for the same server lends its environment and its terminal: where there are no good credentials,
     * they are renewed there. Blocks.
     */
    public void renew(KubeTarget same) throws FaultException {
        CredentialPlugin plugin = same.plugin();
        if (plugin != null && trouble.get().isPresent()) {
            credentials.renew(plugin);
        }
    }

    /** Towards the API server itself. */
    SslContext tls() throws FaultException {
        return tls(false);
    }

    /** Towards a proxy that speaks TLS: of a public authority or of the cluster's. */
    SslContext proxyTls() throws FaultException {
        return tls(true);
    }

    private SslContext tls(boolean toProxy) throws FaultException {
        try {
            byte[] authority = Credentials.data(target.cluster(), "certificate-authority");
            return ApiTls.context(new ApiTls.Trust(insecure(), authority, toProxy, credentials.certificate()));
        } catch (GeneralSecurityException | SSLException | IllegalArgumentException e) {
            throw Fault.config("a certificate or key in the kubeconfig cannot be read: " + e.getMessage(), "")
                    .exception(e);
        }
    }

    /** Puts on what every request needs. */
    void headers(HttpHeaders headers) throws FaultException {
        try {
            fill(headers);
        } catch (IllegalArgumentException e) {
            throw Fault.config(
                            "the kubeconfig has a name or a token that no HTTP header can carry",
                            "Look for line breaks in the token and in the names of --as, --as-group and --as-user-extra")
                    .exception(e);
        }
    }

    private void fill(HttpHeaders headers) throws FaultException {
        headers.set(HttpHeaderNames.HOST, authority());
        headers.set(HttpHeaderNames.USER_AGENT, "telepresence/" + Versions.VERSION);
        String authorization = authorization();
        if (!authorization.isEmpty()) {
            headers.set(HttpHeaderNames.AUTHORIZATION, authorization);
        }
        impersonate(headers, target.user());
    }

    private String authorization() throws FaultException {
        try {
            return credentials.authorization();
        } catch (FaultException e) {
            trouble.set(Optional.of(e.fault().text()));
            throw e;
        }
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

    private int defaultPort() {
        return secure() ? 443 : 80;
    }

    /** What {@link KubeTarget.Via} names. */
    private static ServerUrl dialled(String dial) {
        return ServerUrl.parse("tcp://" + dial)
                .orElseThrow(() -> new IllegalArgumentException("no host and port: " + dial));
    }

    private static Fault badUrl(KubeTarget target) {
        return Fault.config("the API server's URL \"" + target.server() + "\" in the kubeconfig is not a URL", "");
    }
}
