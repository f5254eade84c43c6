package io.telepresence.userd.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.telepresence.rpc.manager.EngagedPort;
import io.telepresence.rpc.manager.Engagement;
import io.telepresence.rpc.manager.EngagementKind;
import io.telepresence.rpc.manager.EngagementSpec;
import io.telepresence.rpc.manager.HttpHeader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RestApiTest {
    private static final List<Engagement> ENGAGEMENTS = List.of(
            engagement(EngagementKind.WIRETAP, "tap", "bob"), engagement(EngagementKind.INTERCEPT, "mine", "alice"));

    @ParameterizedTest(name = "{0} of {1} for {2}: {3} {4}")
    @CsvSource(
            delimiter = '|',
            value = {
                "/healthz | '' | '' | 200 | ''",
                "/consume-here | alice | s:mine | 200 | true",
                "/consume-here | alice | '' | 200 | true",
                "/consume-here?containerPort=8080 | alice | '' | 200 | true",
                "/consume-here?containerPort=9090 | alice | '' | 200 | false",
                "/consume-here | alice | s:other | 200 | false",
                "/consume-here | bob | '' | 200 | false",
                "/intercept-info | alice | s:mine | 200 | {\"intercepted\":true,\"clientSide\":true,\"metadata\":{\"k\":\"v\"}}",
                "/intercept-info | bob | '' | 200 | {\"intercepted\":false,\"clientSide\":true}",
                "/consume-here?containerPort=x | alice | '' | 400 | containerPort is not a number",
                "/else | '' | '' | 404 | not found",
            })
    void whatIsEngagedIsConsumedHere(String uri, String user, String caller, int status, String body) throws Exception {
        try (RestApi api = RestApi.open(0, new Consumption(() -> ENGAGEMENTS));
                HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + api.port() + uri))
                    .header("X-User", user)
                    .header("x-telepresence-caller-intercept-id", caller)
                    .timeout(Duration.ofSeconds(10))
                    .build();
            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
            assertEquals(status, response.statusCode());
            assertEquals(body, response.body().strip());
        }
    }

    private static Engagement engagement(EngagementKind kind, String name, String user) {
        return Engagement.newBuilder()
                .setId("s:" + name)
                .setDisposition("ACTIVE")
                .addPorts(EngagedPort.newBuilder().setContainerPort(8080))
                .setSpec(EngagementSpec.newBuilder()
                        .setKind(kind)
                        .setName(name)
                        .putMetadata("k", "v")
                        .addHttpHeaders(
                                HttpHeader.newBuilder().setName("X-User").setValue(user)))
                .build();
    }
}
