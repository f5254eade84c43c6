package io.telepresence.agree;

import java.net.IDN;
import java.net.InetAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * URL of a server or proxy. {@link java.net.URI} knows no host with an underscore, and no IPv6 zone as kubeconfigs write
 * it ({@code [fe80::1%25eth0]}); the programs beside which a kubeconfig must work do.
 *
 * @param scheme in lower case
 * @param user user name, decoded; may be empty
 * @param password decoded; may be empty
 * @param host a name in ASCII or an IP address, with its zone but without brackets
 * @param port 1 to 65535; 0: the URL has none
 * @param path as written, without a query; may be empty
 */
public record ServerUrl(String scheme, String user, String password, String host, int port, String path) {
    private static final Pattern FORM = Pattern.compile(
            "([A-Za-z][A-Za-z0-9+.-]*)://(?:([^/?#]*)@)?(\\[[^]/?#@]*]|[^:/?#@\\[\\]]*)(?::(\\d*))?(/[^?#]*)?(?:[?#].*)?");
    private static final Pattern NOT_IN_NAMES = Pattern.compile("[\\x00-\\x20\\x7f\"<>\\\\^`{|}%]");
    private static final int LAST_PORT = 65535;

    /** Empty: this is no URL with a scheme and a host. */
    public static Optional<ServerUrl> parse(String text) {
        Matcher parts = FORM.matcher(text.strip());
        if (!parts.matches()) {
            return Optional.empty();
        }
        String host = host(parts.group(3));
        int port = port(parts.group(4));
        if (host.isEmpty() || port < 0) {
            return Optional.empty();
        }
        String info = parts.group(2) == null ? "" : parts.group(2);
        int colon = info.indexOf(':');
        try {
            return Optional.of(new ServerUrl(
                    parts.group(1).toLowerCase(Locale.ROOT),
                    decode(colon < 0 ? info : info.substring(0, colon)),
                    decode(colon < 0 ? "" : info.substring(colon + 1)),
                    host,
                    port,
                    parts.group(5) == null ? "" : parts.group(5)));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** The port, or the given one where the URL has none. */
    public int portOr(int otherwise) {
        return port == 0 ? otherwise : port;
    }

    /** Host and port as in a Host header: IPv6 in brackets, and without its zone, which means nothing elsewhere. */
    public String authority(int otherwise) {
        return bracketed(withoutZone()) + ":" + portOr(otherwise);
    }

    /** The host without an IPv6 zone. */
    public String withoutZone() {
        int zone = host.indexOf('%');
        return zone < 0 ? host : host.substring(0, zone);
    }

    /** An IPv6 address in brackets, anything else as it is. */
    public static String bracketed(String host) {
        return host.indexOf(':') < 0 ? host : "[" + host + "]";
    }

    /** The address that {@code text} writes; empty: it is a name. Asks no resolver. */
    public static Optional<InetAddress> address(String text) {
        if (text.indexOf(':') < 0 && !text.matches("\\d{1,3}(\\.\\d{1,3}){3}")) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.ofLiteral(text));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static String host(String text) {
        if (text.startsWith("[")) {
            String address = text.substring(1, text.length() - 1).replace("%25", "%");
            int zone = address.indexOf('%');
            String bare = zone < 0 ? address : address.substring(0, zone);
            return bare.indexOf(':') >= 0 && address(bare).isPresent() ? address : "";
        }
        if (NOT_IN_NAMES.matcher(text).find()) {
            return "";
        }
        try {
            return text.chars().allMatch(c -> c < 128) ? text : IDN.toASCII(text);
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    /** Negative: none that there can be. */
    private static int port(String text) {
        if (text == null || text.isEmpty()) {
            return 0;
        }
        int port = text.length() > 5 ? -1 : Integer.parseInt(text);
        return port > LAST_PORT ? -1 : port;
    }

    private static String decode(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }
}
