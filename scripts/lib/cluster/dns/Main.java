import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * The DNS of the test cluster, and the "public" one that the laptop knows. One process: the first
 * answers cluster names and public ones, the second the public ones only. Neither asks anybody else.
 *
 * <p>Arguments: API-URL PKI-FOLDER NODE-IPV4 NODE-IPV6 CLUSTER-PORT PUBLIC-NAME...
 */
final class Main {
    private static final char[] PASSWORD = "changeit".toCharArray();
    private static final int PUBLIC_PORT = 53;

    private volatile Records cluster;
    private Resource namespaces;
    private Resource services;
    private Resource slices;

    public static void main(String[] args) throws Exception {
        InetAddress ip4 = Names.literal(args[2]);
        InetAddress ip6 = Names.literal(args[3]);
        Records open = publicNames(List.of(args).subList(5, args.length), List.of(ip4, ip6));
        Main main = new Main();
        main.follow(client(Path.of(args[1])), args[0]);
        DnsServer inside = new DnsServer(new Answers(() -> main.sources(open)));
        inside.listen(new InetSocketAddress(ip4, Integer.parseInt(args[4])));
        DnsServer outside = new DnsServer(new Answers(() -> List.of(open)));
        outside.listen(new InetSocketAddress(ip4, PUBLIC_PORT));
        outside.listen(new InetSocketAddress(ip6, PUBLIC_PORT));
    }

    /** Names starting with "4:" have no IPv6 address, so that AAAA of an existing name can be tried. */
    private static Records publicNames(List<String> names, List<InetAddress> addresses) {
        Records records = new Records();
        for (String name : names) {
            boolean onlyFour = name.startsWith("4:");
            String bare = onlyFour ? name.substring(2) : name;
            for (InetAddress address : onlyFour ? addresses.subList(0, 1) : addresses) {
                records.address(bare, address);
            }
        }
        return records;
    }

    private void follow(HttpClient client, String api) {
        namespaces = new Resource(client, api + "/api/v1/namespaces", this::rebuild);
        services = new Resource(client, api + "/api/v1/services", this::rebuild);
        slices = new Resource(client, api + "/apis/discovery.k8s.io/v1beta1/endpointslices", this::rebuild);
        for (Resource resource : List.of(namespaces, services, slices)) {
            Thread thread = new Thread(resource, "watch");
            thread.start();
        }
    }

    private synchronized void rebuild() {
        if (namespaces.isListed() && services.isListed() && slices.isListed()) {
            cluster = ClusterZone.of(namespaces.all(), services.all(), slices.all());
        }
    }

    private List<Records> sources(Records open) {
        Records now = cluster;
        return now == null ? List.of() : List.of(now, open);
    }

    private static HttpClient client(Path pki) throws Exception {
        KeyStore own = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(pki.resolve("dns.p12"))) {
            own.load(in, PASSWORD);
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(own, PASSWORD);
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        try (InputStream in = Files.newInputStream(pki.resolve("ca.crt"))) {
            trusted.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return HttpClient.newBuilder().sslContext(context).build();
    }
}
