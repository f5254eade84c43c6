package io.telepresence.agent.restapi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.channel.EventLoopGroup;
import io.telepresence.agent.route.ClientEndpoint;
import io.telepresence.agent.route.RouteTable;
import io.telepresence.agree.Transport;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.HeaderMatch;
import io.telepresence.engagement.HttpFilter;
import io.telepresence.engagement.PathMatch;
import io.telepresence.engagement.Port;
import io.telepresence.engagement.RequestRouter.Rule;
import io.telepresence.local.Loops;
import io.telepresence.rest.RestServer;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ConsumeHereTest {
    private final EventLoopGroup loops = Loops.create("api-test", 1);
    private final HttpClient client = HttpClient.newHttpClient();
    private RouteTable rules = RouteTable.NONE;
    private RestServer server;

    @BeforeEach
    void open() throws Exception {
        server = RestServer.open(
                new InetSocketAddress("127.0.0.1", 0),
                loops,
                false,
                caller -> true,
                new ConsumeHere(() -> rules, id -> id.equals("a:one") ? Map.of("team", "\"blue\"") : Map.of())::judge);
    }

    @AfterEach
    void close() {
        client.close();
        server.close();
        Loops.shutdown(loops);
    }

    @Test
    void withoutEngagementsEverythingIsConsumedHere() throws Exception {
        assertEquals("200 ", get("/healthz"));
        assertEquals("200 true", get("/consume-here"));
        assertEquals("200 {\"intercepted\":false,\"clientSide\":false}", get("/intercept-info"));
    }

    @Test
    void whatFitsAnInterceptIsNotConsumedHere() throws Exception {
        rules = RouteTable.builder()
                .add(port(8080), taker("a:one", new HttpFilter(List.of(new HeaderMatch("X-User", "alice")), List.of())))
                .add(
                        port(9090),
                        taker(
                                "b:two",
                                new HttpFilter(List.of(), List.of(PathMatch.of(PathMatch.Kind.PREFIX, "/admin")))))
                .build();
        assertEquals("200 true", get("/consume-here"));
        assertEquals("200 false", get("/consume-here", "x-user", "alice"));
        assertEquals("200 true", get("/consume-here", "x-user", "bob"));
        assertEquals("200 false", get("/consume-here?path=/admin/x"));
        assertEquals("200 true", get("/consume-here?path=/admin/x&containerPort=8080"));
        assertEquals(
                "200 true", get("/consume-here", "x-user", "alice", "x-telepresence-caller-intercept-id", "b:two"));
        assertEquals(
                "200 {\"intercepted\":true,\"clientSide\":false,\"metadata\":{\"team\":\"\\\"blue\\\"\"}}",
                get("/intercept-info", "x-user", "alice"));
        assertEquals("200 {\"intercepted\":true,\"clientSide\":false}", get("/intercept-info?path=/admin/"));
    }

    @Test
    void aGlobalInterceptTakesEverything() throws Exception {
        rules = RouteTable.builder()
                .add(port(8080), taker("a:one", HttpFilter.ALL))
                .build();
        assertEquals("200 false", get("/consume-here"));
    }

    @Test
    void otherQuestionsAreRefused() throws Exception {
        assertEquals("404 not found\n", get("/nothing"));
        assertEquals("400 containerPort is not a number\n", get("/consume-here?containerPort=x"));
    }

    private static Port port(int number) {
        return new Port(Transport.TCP, number);
    }

    private static Rule<ClientEndpoint> taker(String id, HttpFilter filter) {
        return new Rule<>(new ClientEndpoint(id, "127.0.0.1", 80, false), EngagementKind.INTERCEPT, filter);
    }

    private String get(String target, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + server.address().getPort() + target));
        if (headers.length > 0) {
            request.headers(headers);
        }
        HttpResponse<String> response = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        return response.statusCode() + " " + response.body();
    }
}
