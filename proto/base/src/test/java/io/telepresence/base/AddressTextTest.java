package io.telepresence.base;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AddressTextTest {
    @ParameterizedTest
    @CsvSource({
        "fd5a:1e00:96:0:0:0:0:0, fd5a:1e00:96::",
        "0:0:0:0:0:0:0:1, ::1",
        "0:0:0:0:0:0:0:0, ::",
        "2001:0db8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
        "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
        "2001:DB8:0:0:1:0:0:0, 2001:db8:0:0:1::",
        "1:2:3:4:5:6:0:0, 1:2:3:4:5:6::",
        "1:2:3:4:5:6:7:8, 1:2:3:4:5:6:7:8",
        "::ffff:192.0.2.1, 192.0.2.1",
        "192.0.2.1, 192.0.2.1"
    })
    void theFormOfRfc5952(String address, String text) {
        assertEquals(text, AddressText.of(InetAddress.ofLiteral(address)));
    }

    @Test
    void withAPort() {
        assertEquals(
                "[2001:db8::1]:80", AddressText.of(new InetSocketAddress(InetAddress.ofLiteral("2001:db8::1"), 80)));
        assertEquals("192.0.2.1:80", AddressText.of(new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 80)));
        assertEquals("kube_api:80", AddressText.of(InetSocketAddress.createUnresolved("kube_api", 80)));
    }
}
