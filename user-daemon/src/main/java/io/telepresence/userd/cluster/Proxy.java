package io.telepresence.userd.cluster;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Map;

/**
 * A proxy on the way to the API server.
 *
 * @param scheme http, https (spoken to without TLS is not supported) or socks5
 * @param user user name, or empty
 */
record Proxy(String scheme, String host, int port, String user, String password) {

    /** The kubeconfig's proxy, else the one of HTTPS_PROXY unless NO_PROXY excepts the server; null: none. */
    static Proxy of(String configured, URI server, Map<String, String> environment) throws FaultException {
        if (!configured.isEmpty()) {
            return parse(configured);
        }
        String name = "https".equals(server.getScheme()) ? "HTTPS_PROXY" : "HTTP_PROXY";
        String url =
                environment.getOrDefault(name, environment.getOrDefault(name.toLowerCase(java.util.Locale.ROOT), ""));
        String except = environment.getOrDefault("NO_PROXY", environment.getOrDefault("no_proxy", ""));
        return url.isEmpty() || excepted(server.getHost(), except) ? null : parse(url);
    }

    /** As {@link #of} reads it. */
    String url() {
        try {
            String info = user.isEmpty() ? null : user + ":" + password;
            return new URI(scheme, info, host, port, null, null, null).toASCIIString();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean excepted(String host, String except) {
        if (List.of("localhost", "127.0.0.1", "[::1]").contains(host)) {
            return true;
        }
        for (String each : except.split(",")) {
            String suffix = each.strip();
            if (suffix.equals("*")
                    || !suffix.isEmpty()
                            && (host.equals(suffix) || host.endsWith(suffix.startsWith(".") ? suffix : "." + suffix))) {
                return true;
            }
        }
        return false;
    }

    private static Proxy parse(String text) throws FaultException {
        try {
            URI uri = URI.create(text.contains("://") ? text : "http://" + text);
            if (uri.getHost() != null && List.of("http", "socks5").contains(uri.getScheme())) {
                String info = uri.getUserInfo() == null ? "" : uri.getUserInfo();
                int colon = info.indexOf(':');
                int port = uri.getPort() > 0 ? uri.getPort() : uri.getScheme().equals("http") ? 80 : 1080;
                return new Proxy(
                        uri.getScheme(),
                        uri.getHost(),
                        port,
                        colon < 0 ? info : info.substring(0, colon),
                        colon < 0 ? "" : info.substring(colon + 1));
            }
        } catch (IllegalArgumentException e) {
            throw bad(text).exception(e);
        }
        throw bad(text).exception();
    }

    private static Fault bad(String text) {
        return Fault.config(
                "the proxy \"" + text.replaceAll("//.*@", "//") + "\" is not a http:// or socks5:// URL", "");
    }
}
