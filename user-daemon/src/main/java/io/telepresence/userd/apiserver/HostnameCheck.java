package io.telepresence.userd.apiserver;

import io.telepresence.agree.ServerUrl;
import java.net.InetAddress;
import java.security.cert.CertificateException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Whether a certificate is a server's, as RFC 6125 and Go's programs decide it: by its subject alternative names only; an
 * address equals one of its addresses, a name one of its names in any case, and {@code *} stands for a whole first label.
 * Java's own check refuses names with an underscore. Pure.
 */
final class HostnameCheck {
    private static final int DNS = 2;
    private static final int ADDRESS = 7;

    private HostnameCheck() {}

    /** @param host name or address, without brackets */
    static void check(String host, X509Certificate certificate) throws CertificateException {
        String wanted = dotless(host.replaceFirst("%.*", "").toLowerCase(Locale.ROOT));
        Optional<InetAddress> address = ServerUrl.address(wanted);
        List<String> found = new ArrayList<>();
        for (List<?> each : names(certificate)) {
            if (each.get(1) instanceof String name) {
                boolean same = address.isPresent()
                        ? each.get(0).equals(ADDRESS) && ServerUrl.address(name).equals(address)
                        : each.get(0).equals(DNS) && covers(dotless(name.toLowerCase(Locale.ROOT)), wanted);
                if (same) {
                    return;
                }
                if (each.get(0).equals(DNS) || each.get(0).equals(ADDRESS)) {
                    found.add(name);
                }
            }
        }
        throw new CertificateException("the certificate is not for " + host + " but for "
                + (found.isEmpty() ? "no host (it has no subject alternative name)" : String.join(", ", found)));
    }

    private static Collection<List<?>> names(X509Certificate certificate) throws CertificateParsingException {
        Collection<List<?>> names = certificate.getSubjectAlternativeNames();
        return names == null ? List.of() : names;
    }

    private static boolean covers(String pattern, String host) {
        int dot = host.indexOf('.');
        return pattern.startsWith("*.")
                ? dot > 0 && pattern.length() > 2 && host.substring(dot).equals(pattern.substring(1))
                : !host.isEmpty() && pattern.equals(host);
    }

    private static String dotless(String name) {
        return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    }
}
