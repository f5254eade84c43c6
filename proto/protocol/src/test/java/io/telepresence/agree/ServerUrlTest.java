package io.telepresence.agree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServerUrlTest {
    @ParameterizedTest
    @CsvSource({
        "https://kube_api:6443, https, kube_api, kube_api:6443, ''",
        "https://kube_api, https, kube_api, kube_api:1, ''",
        "https://192.0.2.1:6443/, https, 192.0.2.1, 192.0.2.1:6443, /",
        "https://[2001:db8::1]:6443/k8s/clusters/c-1, https, 2001:db8::1, [2001:db8::1]:6443, /k8s/clusters/c-1",
        "https://[fe80::1%25eth0]:6443, https, fe80::1%eth0, [fe80::1]:6443, ''",
        "https://[fe80::1%eth0], https, fe80::1%eth0, [fe80::1]:1, ''",
        "HTTPS://Kube.Example.:6443?x=1#y, https, Kube.Example., Kube.Example.:6443, ''",
        "https://bücher.example/a, https, xn--bcher-kva.example, xn--bcher-kva.example:1, /a",
        "https://host:/p, https, host, host:1, /p",
        "https://-odd-.name_, https, -odd-.name_, -odd-.name_:1, ''"
    })
    void whatKubectlTakesForAServerIsOne(String text, String scheme, String host, String authority, String path) {
        ServerUrl url = ServerUrl.parse(text).orElseThrow();
        assertEquals(scheme, url.scheme());
        assertEquals(host, url.host());
        assertEquals(authority, url.authority(1));
        assertEquals(path, url.path());
    }

    @Test
    void userAndPasswordAreDecoded() {
        ServerUrl url = ServerUrl.parse("http://a%40b:p+%3A%2F:q@my_proxy:3128").orElseThrow();
        assertEquals("a@b", url.user());
        assertEquals("p+:/:q", url.password());
        assertEquals("my_proxy", url.host());
        assertEquals(3128, url.port());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "kube_api:6443",
                "https://",
                "https:///x",
                "https://:6443",
                "https://a b",
                "https://h:70000",
                "https://h:x",
                "https://2001:db8::1",
                "https://[2001:db8::1",
                "https://[host]",
                "https://a\nb",
                "://h",
                "https://h%zz"
            })
    void whatIsNoUrlIsNone(String text) {
        assertEquals(Optional.empty(), ServerUrl.parse(text));
    }

    @Test
    void anAddressIsToldFromAName() {
        assertTrue(ServerUrl.address("127.0.0.1").isPresent());
        assertTrue(ServerUrl.address("::1").isPresent());
        for (String name : new String[] {"127.1", "1", "kube_api", "cafe", "1.2.3.4.example", "300.1.1.1", ":"}) {
            assertTrue(ServerUrl.address(name).isEmpty(), name);
        }
    }
}
