package io.telepresence.userd.restapi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.netty.channel.EventLoopGroup;
import io.telepresence.engagement.Engagement;
import io.telepresence.engagement.EngagementCodec;
import io.telepresence.engagement.HttpHead;
import io.telepresence.local.Loops;
import io.telepresence.rest.Answer;
import io.telepresence.rest.Question;
import io.telepresence.rest.RestServer;
import io.telepresence.rpc.engagement.EngagedPort;
import io.telepresence.rpc.engagement.EngagementKind;
import io.telepresence.rpc.engagement.EngagementSpec;
import io.telepresence.rpc.engagement.EngagementState;
import io.telepresence.rpc.engagement.HttpHeader;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
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
        try (RestApi api = RestApi.open(0, new LocalConsumption(() -> ENGAGEMENTS));
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

    /** The agent asks in the same order: both ask {@code RequestRouter}. */
    @Test
    void theMoreExactEngagementIsAskedBeforeTheOlder() {
        var all = wire(EngagementKind.INTERCEPT, "all", "");
        all.getSpecBuilder().clearHttpHeaders().putMetadata("k", "of all");
        HttpHead head = new HttpHead() {
            @Override
            public String method() {
                return "GET";
            }

            @Override
            public String path() {
                return "/";
            }

            @Override
            public String header(String lowerCaseName) {
                return lowerCaseName.equals("x-user") ? "alice" : null;
            }
        };
        LocalConsumption consumption =
                new LocalConsumption(() -> List.of(read(all), engagement(EngagementKind.INTERCEPT, "mine", "alice")));
        assertEquals(new Answer(true, Map.of("k", "v")), consumption.judge(new Question(head, 8080, "")));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "127.0.0.1, true",
        "172.29.255.3, true",
        "172.29.255.4, false",
        "172.18.0.2, false",
        "0:0:0:0:0:0:0:1, true"
    })
    void inAContainerHandlersAreServedToo(String caller, boolean served) throws Exception {
        var handled = wire(EngagementKind.INTERCEPT, "handled", "");
        handled.getSpecBuilder().setTargetHost("172.29.255.3");
        assertEquals(
                served, new LocalConsumption(() -> List.of(read(handled))).isHandler(InetAddress.getByName(caller)));
    }

    @Test
    void inAContainerItListensOnAllAddresses() throws Exception {
        // All of 127/8 is this machine's own, but only one of its addresses is 127.0.0.1.
        try (RestApi api = RestApi.openForHandlers(0, new LocalConsumption(() -> ENGAGEMENTS));
                RestApi closed = RestApi.open(0, new LocalConsumption(() -> ENGAGEMENTS));
                HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.2:" + api.port() + "/healthz"))
                    .timeout(Duration.ofSeconds(10))
                    .build();
            assertEquals(
                    200,
                    client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode());
            HttpRequest elsewhere = HttpRequest.newBuilder(URI.create("http://127.0.0.2:" + closed.port() + "/healthz"))
                    .timeout(Duration.ofSeconds(10))
                    .build();
            assertThrows(ConnectException.class, () -> client.send(elsewhere, HttpResponse.BodyHandlers.discarding()));
        }
    }

    @Test
    void whoIsNotWelcomeIsCutOff() throws Exception {
        EventLoopGroup loops = Loops.create("rest-api", 1);
        try (RestServer server = RestServer.open(
                        new InetSocketAddress("127.0.0.1", 0), loops, true, caller -> false, question -> Answer.NOT);
                Socket caller = new Socket("127.0.0.1", server.address().getPort())) {
            caller.setSoTimeout(10_000);
            caller.getOutputStream().write("GET /healthz HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThrows(SocketException.class, () -> ended(caller));
        } finally {
            Loops.shutdown(loops);
        }
    }

    /** An end of file is as good as a reset. */
    private static void ended(Socket caller) throws IOException {
        if (caller.getInputStream().read() < 0) {
            throw new SocketException("end of file");
        }
    }

    private static Engagement engagement(EngagementKind kind, String name, String user) {
        return read(wire(kind, name, user));
    }

    private static Engagement read(io.telepresence.rpc.engagement.Engagement.Builder wire) {
        return EngagementCodec.engagement(wire.build()).orElseThrow();
    }

    private static io.telepresence.rpc.engagement.Engagement.Builder wire(
            EngagementKind kind, String name, String user) {
        return io.telepresence.rpc.engagement.Engagement.newBuilder()
                .setId("s:" + name)
                .setState(EngagementState.ACTIVE)
                .addPorts(EngagedPort.newBuilder().setContainerPort(8080))
                .setSpec(EngagementSpec.newBuilder()
                        .setKind(kind)
                        .setName(name)
                        .putMetadata("k", "v")
                        .addHttpHeaders(
                                HttpHeader.newBuilder().setName("X-User").setValue(user)));
    }
}
