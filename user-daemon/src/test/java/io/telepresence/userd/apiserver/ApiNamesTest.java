package io.telepresence.userd.apiserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.userd.apiserver.FakeApi.Answer;
import io.telepresence.userd.kubeconfig.KubeTarget;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** API servers and proxies are reached by every name that kubectl takes, with TLS that is as strict. */
@Timeout(30)
class ApiNamesTest {
    private static final ServerAddresses.Names LOOPBACK = name -> List.of(InetAddress.getLoopbackAddress());

    @TempDir
    Path directory;

    private TestTls tls;
    private FakeApi api;

    @BeforeEach
    void open() throws Exception {
        assumeTrue(TestTls.canBeMade(), "there is no openssl");
        tls = TestTls.selfSigned(directory, "DNS:kube-api,DNS:*.kube-farm.example,DNS:kubernetes,IP:127.0.0.1,IP:::1");
        api = new FakeApi(tls.server());
        api.answers.put("/version", new Answer(200, "{\"gitVersion\":\"v1\"}"));
    }

    @AfterEach
    void close() {
        if (api != null) {
            api.close();
        }
    }

    private String ask(String server, Map<String, Object> more) throws FaultException {
        return ask(server, api.port(), tls, more);
    }

    private static String ask(String server, int port, TestTls trusted, Map<String, Object> more)
            throws FaultException {
        Map<String, Object> cluster = new LinkedHashMap<>(more);
        cluster.put("server", server.replace("PORT", Integer.toString(port)));
        cluster.put("certificate-authority", trusted.certificate().toString());
        KubeTarget target = new KubeTarget("x", "default", cluster, Map.of(), "u");
        try (ClusterGateway gateway = new ClusterGateway(ApiServer.open(target, LOOPBACK), Duration.ofSeconds(10))) {
            return gateway.version();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "https://kube-api:PORT, kube-api:PORT kube-api",
        "https://KUBE-API:PORT, KUBE-API:PORT KUBE-API",
        "https://kube-api.:PORT, kube-api.:PORT kube-api",
        "https://a-b.kube-farm.example:PORT, a-b.kube-farm.example:PORT a-b.kube-farm.example",
        "https://127.0.0.1:PORT, 127.0.0.1:PORT -",
        "https://[::1]:PORT, [::1]:PORT -",
        "https://[0:0::1%25lo]:PORT, [0:0::1]:PORT -"
    })
    void anApiServerOfAnyName(String server, String seen) throws Exception {
        assertEquals("v1", ask(server, Map.of()));
        assertEquals(seen.replace("PORT", Integer.toString(api.port())), api.names.take());
    }

    @Test
    void theCertificatesNameMayBeAnother() throws Exception {
        assertEquals("v1", ask("https://some-thing:PORT", Map.of("tls-server-name", "kubernetes")));
        assertEquals("some-thing:" + api.port() + " kubernetes", api.names.take());
        assertEquals("v1", ask("https://some-thing:PORT", Map.of("insecure-skip-tls-verify", true)));
    }

    @ParameterizedTest
    @CsvSource({
        "https://other-api:PORT",
        "https://kube-farm.example:PORT",
        "https://a.b.kube-farm.example:PORT",
        "https://nobody:PORT",
        "https://127.0.0.2:PORT"
    })
    void anotherNameIsNotTrusted(String server) {
        Fault fault =
                assertThrows(FaultException.class, () -> ask(server, Map.of())).fault();
        assertTrue(fault.text().contains("no trusted TLS connection"), fault::text);
        assertTrue(fault.text().contains("the certificate is not for"), fault::text);
    }

    @Test
    void anotherAuthorityIsNotTrusted() throws Exception {
        TestTls other = TestTls.selfSigned(directory, "DNS:kube-api");
        Fault fault = assertThrows(
                        FaultException.class, () -> ask("https://kube-api:PORT", api.port(), other, Map.of()))
                .fault();
        assertTrue(fault.text().contains("no trusted TLS connection"), fault::text);
    }

    @ParameterizedTest
    @CsvSource({"kube_api, kube_api", "KUBE_API., kube_api", "a_b.kube_farm.example, *.kube_farm.example"})
    void aNameWithAnUnderscoreIsAskedForAndChecked(String host, String certified) throws Exception {
        TestTls named = TestTls.selfSigned(directory, "DNS:" + certified);
        String wanted = host.replaceFirst("\\.$", "");
        try (OpensslServer server = new OpensslServer(directory, wanted, named, tls)) {
            assertEquals("v1", ask("https://" + host + ":PORT", server.port(), named, Map.of()));
        }
        try (OpensslServer server = new OpensslServer(directory, wanted, tls, named)) {
            Fault fault = assertThrows(
                            FaultException.class, () -> ask("https://" + host + ":PORT", server.port(), tls, Map.of()))
                    .fault();
            assertTrue(fault.text().contains("not for " + wanted), fault::text);
        }
    }

    @Test
    void throughAProxyWithTlsOrWithout() throws Exception {
        TestTls proxys = TestTls.selfSigned(directory, "DNS:my-proxy");
        try (FakeProxy plain = new FakeProxy(null, api.port());
                FakeProxy secure = new FakeProxy(tls.server(), api.port());
                FakeProxy strange = new FakeProxy(proxys.server(), api.port())) {
            String server = "https://kube-api:6443";
            assertEquals("v1", ask(server, Map.of("proxy-url", "http://my_proxy:" + plain.port())));
            assertEquals("CONNECT kube-api:6443 HTTP/1.1", plain.asked.take());
            assertEquals("v1", ask(server, Map.of("proxy-url", "https://kube-api:" + secure.port())));
            assertEquals("CONNECT kube-api:6443 HTTP/1.1", secure.asked.take());
            Fault fault = assertThrows(
                            FaultException.class,
                            () -> ask(server, Map.of("proxy-url", "https://my-proxy:" + strange.port())))
                    .fault();
            assertTrue(fault.text().contains("no trusted TLS connection to the proxy my-proxy"), fault::text);
        }
    }
}
