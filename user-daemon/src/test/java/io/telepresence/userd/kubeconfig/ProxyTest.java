package io.telepresence.userd.kubeconfig;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.agree.ServerUrl;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The proxy is the one that kubectl takes in the same shell. */
class ProxyTest {
    private static final String PROXY = "http://127.0.0.1:9";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "https://198.18.0.1:443|198.18.0.0/15|true",
                "https://198.20.0.1|198.18.0.0/15|false",
                "https://198.18.0.1|10.0.0.0/8, 198.18.0.0/15|true",
                "https://198.18.0.1|198.18.0.1/99|false",
                "https://198.18.0.1|0.0.0.0/0|true",
                "https://[2001:db8::1]:6443|2001:db8::/32|true",
                "https://[2001:db9::1]:6443|2001:db8::/32|false",
                "https://[2001:db8::1]:6443|0.0.0.0/0|false",
                "https://api.corp:6443|198.18.0.0/15|false",
                "https://198.18.0.1:6443|198.18.0.1|true",
                "https://198.18.0.1:6443|198.18.0.1:6443|true",
                "https://198.18.0.1:6443|198.18.0.1:443|false",
                "https://[2001:db8::1]:6443|2001:DB8:0::1|true",
                "https://[2001:db8::1]:6443|[2001:db8::1]|true",
                "https://[2001:db8::1]:6443|[2001:db8::1]:6443|true",
                "https://[2001:db8::1]:6443|[2001:db8::1]:1|false",
                "https://[fe80::1%25eth0]:6443|fe80::/10|true",
                "https://api.corp|*.corp|true",
                "https://corp|*.corp|false",
                "https://api.corp|.corp|true",
                "https://corp|.corp|false",
                "https://api.corp|corp|true",
                "https://corp|corp|true",
                "https://notcorp|corp|false",
                "https://API.Corp|api.CORP|true",
                "https://kube_api:6443|kube_api|true",
                "https://api.corp:6443|api.corp:6443|true",
                "https://api.corp:6443|*.corp:6443|true",
                "https://api.corp|api.corp:443|true",
                "https://api.corp|api.corp:6443|false",
                "http://api.corp|api.corp:80|true",
                "https://api.corp|a, *, b|true",
                "https://api.corp|*corp|false",
                "https://api.corp|, ,|false",
                "https://api.corp|:443|false",
                "https://localhost:6443|x|true",
                "https://127.0.0.1|x|true",
                "https://127.8.9.10:6443|x|true",
                "https://[::1]:6443|x|true",
                "https://[::ffff:127.0.0.1]:6443|x|true",
                "https://128.0.0.1|x|false"
            })
    void noProxyIsReadAsByGo(String server, String except, boolean direct) throws FaultException {
        Map<String, String> environment =
                Map.of("HTTPS_PROXY", PROXY, "HTTP_PROXY", PROXY, "NO_PROXY", except, "no_proxy", "*");
        Proxy proxy = Proxy.of("", ServerUrl.parse(server).orElseThrow(), environment);
        assertEquals(direct, proxy == null);
    }

    @Test
    void anEmptyVariableIsNoVariable() throws FaultException {
        ServerUrl server = ServerUrl.parse("https://api.corp").orElseThrow();
        assertEquals(
                9,
                Proxy.of("", server, Map.of("HTTPS_PROXY", "", "https_proxy", PROXY))
                        .port());
        assertNull(Proxy.of("", server, Map.of("https_proxy", PROXY, "NO_PROXY", "", "no_proxy", "corp")));
        assertNull(Proxy.of("", server, Map.of("HTTP_PROXY", PROXY)));
        assertEquals(9, Proxy.of(PROXY, server, Map.of("NO_PROXY", "*")).port(), "the kubeconfig's is not excepted");
    }

    @ParameterizedTest
    @CsvSource({
        "proxy:3128, http://proxy:3128",
        "my_proxy, http://my_proxy:80",
        "http://my_proxy:3128/, http://my_proxy:3128",
        "https://proxy, https://proxy:443",
        "HTTPS://u:p%40@proxy:8443, https://u:p%40@proxy:8443",
        "socks5://proxy, socks5://proxy:1080",
        "socks5h://u@[::1]:9050, socks5://u@[::1]:9050"
    })
    void proxiesOfAllKinds(String text, String url) throws FaultException {
        Proxy proxy = Proxy.of(text, ServerUrl.parse("https://x").orElseThrow(), Map.of());
        assertEquals(url, proxy.url());
        assertEquals(proxy, Proxy.of(proxy.url(), ServerUrl.parse("https://x").orElseThrow(), Map.of()));
    }

    @Test
    void whatIsNoProxyIsToldWithoutItsPassword() {
        for (String text : new String[] {"ftp://u:secret@proxy", "http://u:secret@a b", "u:secret@a b"}) {
            Fault fault = assertThrows(
                            FaultException.class,
                            () -> Proxy.of(text, ServerUrl.parse("https://x").orElseThrow(), Map.of()))
                    .fault();
            assertTrue(fault.text().contains("is not a http://"), fault::text);
            assertTrue(!fault.text().contains("secret"), fault::text);
        }
    }
}
