package io.telepresence.agree;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.telepresence.agree.PortProtocol.Http;
import io.telepresence.agree.PortProtocol.Tls;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PortProtocolTest {
    @ParameterizedTest
    @CsvSource({
        // annotated, appProtocol, port name, number, TLS, HTTP
        "false, '', '', 8080, UNKNOWN, UNKNOWN",
        "false, '', web, 8080, UNKNOWN, UNKNOWN",
        "false, '', https, 8080, ALWAYS, UNKNOWN",
        "false, '', web, 443, ALWAYS, UNKNOWN",
        "false, something, https, 443, ALWAYS, UNKNOWN",
        "false, https, web, 8443, ALWAYS, UNKNOWN",
        "false, HTTPS, web, 8443, ALWAYS, UNKNOWN",
        "false, http2, web, 8443, ALWAYS, TWO",
        "false, grpc, web, 8443, ALWAYS, TWO",
        "false, wss, web, 8443, ALWAYS, ONE",
        "false, kubernetes.io/wss, web, 8443, ALWAYS, ONE",
        "false, kubernetes.io/ws, https, 443, NEVER, ONE",
        "false, kubernetes.io/h2c, https, 443, NEVER, TWO",
        "false, h2c, web, 8080, NEVER, TWO",
        "false, http, https, 443, UNKNOWN, ONE",
        "false, kubernetes.io/http, web, 8080, UNKNOWN, ONE",
        "false, tcp, https, 443, NEVER, NONE",
        "false, udp, web, 53, NEVER, NONE",
        "true, '', web, 8080, ALWAYS, UNKNOWN",
        "true, tcp, web, 8080, ALWAYS, UNKNOWN",
        "true, h2c, web, 8080, ALWAYS, TWO",
        "true, http, web, 8080, ALWAYS, ONE",
        "true, grpc, web, 8080, ALWAYS, TWO"
    })
    void whatOutranksWhat(boolean annotated, String appProtocol, String name, int number, Tls tls, Http http) {
        assertEquals(new PortProtocol(tls, http), PortProtocol.of(annotated, appProtocol, name, number));
    }
}
