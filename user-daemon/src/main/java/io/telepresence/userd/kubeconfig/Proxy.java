package io.telepresence.userd.kubeconfig;

import io.telepresence.agree.ServerUrl;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A proxy on the way to the API server.
 *
 * @param scheme http, https (the same through TLS) or socks5, which resolves names itself: socks5h is written so too
 * @param host name, or address without brackets
 * @param user user name, or empty
 */
public record Proxy(String scheme, String host, int port, String user, String password) {
    private static final Map<String, Integer> PORTS = Map.of("http", 80, "https", 443, "socks5", 1080, "socks5h", 1080);

    /**
     * The kubeconfig's proxy, else the one of HTTPS_PROXY (HTTP_PROXY for an http:// server) unless NO_PROXY excepts the
     * server; null: none.
     *
     * @param environment of the command
     */
    public static Proxy of(String configured, ServerUrl server, Map<String, String> environment) throws FaultException {
        if (!configured.isEmpty()) {
            return parse(configured);
        }
        boolean secure = "https".equals(server.scheme());
        String url = variable(environment, secure ? "HTTPS_PROXY" : "HTTP_PROXY");
        int port = server.portOr(secure ? 443 : 80);
        return url.isEmpty() || ProxyBypass.excepts(server.host(), port, variable(environment, "NO_PROXY"))
                ? null
                : parse(url);
    }

    /** As {@link #of} reads it. */
    String url() {
        String info = user.isEmpty() ? "" : encode(user) + (password.isEmpty() ? "" : ":" + encode(password)) + "@";
        return scheme + "://" + info + ServerUrl.bracketed(host.replace("%", "%25")) + ":" + port;
    }

    public boolean secure() {
        return scheme.equals("https");
    }

    private static String variable(Map<String, String> environment, String name) {
        String upper = environment.getOrDefault(name, "");
        return upper.isEmpty() ? environment.getOrDefault(name.toLowerCase(Locale.ROOT), "") : upper;
    }

    private static Proxy parse(String text) throws FaultException {
        Optional<ServerUrl> url = ServerUrl.parse(text.contains("://") ? text : "http://" + text);
        if (url.isEmpty() || !PORTS.containsKey(url.get().scheme())) {
            throw bad(text).exception();
        }
        ServerUrl proxy = url.get();
        String scheme = proxy.scheme().equals("socks5h") ? "socks5" : proxy.scheme();
        return new Proxy(scheme, proxy.host(), proxy.portOr(PORTS.get(scheme)), proxy.user(), proxy.password());
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static Fault bad(String text) {
        return Fault.config(
                "the proxy \"" + text.replaceFirst("^(.*//)?.*@", "$1")
                        + "\" is not a http://, https://, socks5:// or socks5h:// URL",
                "");
    }
}
