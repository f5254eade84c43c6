package io.telepresence.manager.rollout;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Against an API server that says what that of Kubernetes 1.20 and 1.36 says. */
@Timeout(20)
class PodApiTest {
    private static final Pod POD = new PodBuilder()
            .withNewMetadata()
            .withNamespace("default")
            .withName("web-0")
            .withUid("u")
            .endMetadata()
            .build();

    private final List<String> asked = new CopyOnWriteArrayList<>();
    private HttpServer server;
    private KubernetesClient client;
    private int code;
    private volatile String sent = "";
    private String answer;

    @BeforeEach
    void open() throws Exception {
        server = HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
        server.createContext("/", exchange -> {
            asked.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
            sent = exchange.getRequestHeaders().getFirst("Content-Type") + " "
                    + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            byte[] body = answer.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            exchange.sendResponseHeaders(code, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        client = new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder()
                        .withAutoConfigure(false)
                        .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
                        .build())
                .build();
    }

    @AfterEach
    void close() {
        client.close();
        server.stop(0);
    }

    private Optional<String> evict(int status, String message, String cause) {
        code = status;
        answer =
                """
                {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": %d, "reason": "TooManyRequests",
                 "message": "%s", "details": {"causes": [%s]}}
                """
                        .formatted(status, message, cause);
        return new PodApi(client).evict(POD);
    }

    @Test
    void aBudgetThatForbidsItIsNamedAtOnce() {
        Optional<String> forbidden = evict(
                429,
                "Cannot evict pod as it would violate the pod's disruption budget.",
                "{\"reason\": \"DisruptionBudget\", \"message\": \"The disruption budget keep needs 1 healthy pods and has"
                        + " 1 currently\"}");
        assertEquals(Optional.of("The disruption budget keep needs 1 healthy pods and has 1 currently"), forbidden);
        assertEquals(List.of("POST /api/v1/namespaces/default/pods/web-0/eviction"), asked);
    }

    @Test
    void severalBudgetsForbidItToo() {
        String said =
                "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
        assertEquals(Optional.of(said), evict(500, said, ""));
    }

    @Test
    void whatIsGoneHasBeenEvicted() {
        code = 409;
        answer = "{\"kind\": \"Status\", \"code\": 409, \"message\": \"the UID in the precondition does not match\"}";
        assertEquals(Optional.empty(), new PodApi(client).evict(POD));
    }

    @Test
    void ofAPodThatWaitsOurGateAloneIsTakenAway() {
        code = 200;
        answer = "{\"kind\": \"Pod\", \"apiVersion\": \"v1\"}";
        Pod waiting = new PodBuilder(POD)
                .withNewSpec()
                .addNewSchedulingGate("other.example/gate")
                .addNewSchedulingGate("telepresence.io/earlier-pod-ends")
                .endSpec()
                .build();
        new PodApi(client).release(waiting);
        assertEquals(
                "application/strategic-merge-patch+json"
                        + " {\"metadata\":{\"uid\":\"u\",\"annotations\":{\"telepresence.io/waiting\":null}},\"spec\":"
                        + "{\"schedulingGates\":[{\"name\":\"telepresence.io/earlier-pod-ends\",\"$patch\":\"delete\"}]}}",
                sent);
        new PodApi(client).release(new PodBuilder(POD).withNewSpec().endSpec().build());
        assertEquals(
                "application/strategic-merge-patch+json"
                        + " {\"metadata\":{\"uid\":\"u\",\"annotations\":{\"telepresence.io/waiting\":null}}}",
                sent);
    }
}
