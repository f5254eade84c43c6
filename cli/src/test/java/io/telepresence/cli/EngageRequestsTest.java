package io.telepresence.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.agree.Transport;
import io.telepresence.cli.daemon.EngageRequest;
import io.telepresence.cli.daemon.EngageRequest.Mount;
import io.telepresence.cli.daemon.EngageRequest.MountMode;
import io.telepresence.cli.daemon.LeaveRequest;
import io.telepresence.cli.daemon.WhyRequest;
import io.telepresence.cli.daemon.YamlRequest;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.HeaderMatch;
import io.telepresence.engagement.HttpFilter;
import io.telepresence.engagement.PathMatch;
import io.telepresence.engagement.Port;
import io.telepresence.fault.FaultException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Real argument lists of the engagements, and what the daemon is asked for because of them. */
final class EngageRequestsTest {
    private static final Mount AUTO = new Mount(MountMode.AUTO, "", false, 0);
    private static final Mount READ_ONLY = new Mount(MountMode.AUTO, "", true, 0);

    private final Typing typing = new Typing();

    @BeforeEach
    void connected() {
        typing.daemon.connected = true;
    }

    private EngageRequest request(String line) {
        assertEquals(0, typing.type(line), typing::err);
        return typing.asked();
    }

    private static EngageRequest.Traffic all(String address) {
        return new EngageRequest.Traffic("", address, List.of(), HttpFilter.ALL, "", false, Map.of());
    }

    @Test
    void eachKindByItselfAsksForDefaults() {
        EngageRequest.Workload echo = new EngageRequest.Workload("echo", "", "");
        assertEquals(
                new EngageRequest(EngagementKind.INTERCEPT, "echo", echo, all("127.0.0.1"), AUTO, List.of()),
                request("intercept echo"));
        assertEquals(
                new EngageRequest(EngagementKind.REPLACE, "echo", echo, all("127.0.0.1"), AUTO, List.of()),
                request("replace echo"));
        assertEquals(
                new EngageRequest(EngagementKind.WIRETAP, "echo", echo, all("127.0.0.1"), READ_ONLY, List.of()),
                request("wiretap echo"));
        assertEquals(
                new EngageRequest(EngagementKind.INGEST, "echo", echo, all(""), READ_ONLY, List.of()),
                request("ingest echo"));
    }

    @Test
    void interceptTakesItsFlags() throws FaultException {
        EngageRequest request =
                request("intercept mine -w echo -n shop --service api --container app --address 127.0.0.9"
                        + " -p 8080:http -p 9090:https,7070 --plaintext --mechanism http --metadata a=b --metadata c=d=e"
                        + " --http-header x-user=al,ice --http-path-equal /a --http-path-prefix /b,c --http-path-regex /d{1,2}"
                        + " --to-pod 5432 --to-pod 53/UDP,8081/TCP --mount data:ro");
        assertEquals(new EngageRequest.Workload("echo", "shop", "app"), request.workload());
        assertEquals("mine", request.name());
        EngageRequest.Traffic traffic = request.traffic();
        assertEquals(
                "api 127.0.0.9 http true",
                traffic.service() + " " + traffic.address() + " " + traffic.mechanism() + " " + traffic.plaintext());
        assertEquals(
                List.of(
                        new EngageRequest.Port(8080, "http"),
                        new EngageRequest.Port(9090, "https"),
                        new EngageRequest.Port(7070, "")),
                traffic.ports());
        assertEquals(Map.of("a", "b", "c", "d=e"), traffic.metadata());
        assertEquals(
                List.of(new HeaderMatch("x-user", "al,ice")), traffic.filter().headers());
        assertEquals(
                List.of(
                        PathMatch.of(PathMatch.Kind.EQUAL, "/a"),
                        PathMatch.of(PathMatch.Kind.PREFIX, "/b,c"),
                        PathMatch.of(PathMatch.Kind.REGEX, "/d{1,2}")),
                traffic.filter().paths());
        assertEquals(
                List.of(new Port(Transport.TCP, 5432), new Port(Transport.UDP, 53), new Port(Transport.TCP, 8081)),
                request.toPod());
        assertEquals(new Mount(MountMode.PATH, "/srv/dir/data", true, 0), request.mount());
    }

    @Test
    void aHeaderMayBeWrittenAsCurlDoes() {
        typing.type(List.of("wiretap", "echo", "--http-header", "X-User: al=ice", "--http-header", "a=b: c"));
        EngageRequest request = typing.asked();
        assertEquals(
                List.of(new HeaderMatch("X-User", "al=ice"), new HeaderMatch("a", "b: c")),
                request.traffic().filter().headers());
    }

    @Test
    void udpPortsAndAllPorts() {
        assertEquals(
                List.of(new EngageRequest.Port(9090, "53/UDP"), new EngageRequest.Port(9090, "")),
                request("intercept echo -p 9090:53/UDP -p 9090").traffic().ports());
        assertEquals(List.of(), request("replace echo --port all").traffic().ports());
    }

    @ParameterizedTest
    @CsvSource({
        "intercept, true,     AUTO, '',           false",
        "intercept, true:ro,  AUTO, '',           true",
        "intercept, false,    NONE, '',           false",
        "replace,   /m,       PATH, /m,           false",
        "replace,   ../m:ro,  PATH, /srv/m,       true",
        "ingest,    m,        PATH, /srv/dir/m,   true",
        "wiretap,   /m,       PATH, /m,           true",
    })
    void mounts(String command, String value, MountMode mode, String path, boolean readOnly) {
        assertEquals(
                new Mount(mode, path, readOnly, 0),
                request(command + " echo --mount " + value).mount());
    }

    @Test
    void volumesAtAPort() {
        assertEquals(
                new Mount(MountMode.AUTO, "", false, 2222),
                request("intercept echo --local-mount-port 2222").mount());
    }

    @Test
    void replaceAsAFlagIsDeprecated() {
        assertEquals(
                EngagementKind.INTERCEPT, request("intercept echo --replace").kind());
        assertTrue(typing.err().startsWith("Warning: --replace is deprecated"), typing.err());
        typing.type("intercept --help");
        assertTrue(!typing.out().contains("--replace"), typing.out());
    }

    @Test
    void leaveTakesItsFlags() {
        typing.type("leave echo -c app -n shop");
        assertEquals(new LeaveRequest("echo", "app", "shop"), typing.asked());
    }

    @Test
    void uninstallAndRevoke() {
        assertEquals(0, typing.type("uninstall a b"));
        assertEquals(List.of("a", "b"), typing.asked());
        assertEquals(0, typing.type("uninstall -a"));
        assertEquals(List.of(), typing.asked());
        assertEquals(0, typing.type("revoke 5e55:echo --context dev"));
        assertEquals(" 5e55:echo {context=[dev]}", typing.asked());
        assertEquals("", typing.out());
    }

    @ParameterizedTest
    @CsvSource({
        "why http://echo/api,                     GET,    echo,      80,   /api",
        "why POST http://echo.shop:8080/a?b=c#d,  POST,   echo.shop, 8080, /a?b=c",
        "why https://echo,                        GET,    echo,      443,  /",
        "why echo,                                GET,    echo,      '',   /",
        "why echo:http/x,                         GET,    echo,      http, /x",
        "why echo?q,                              GET,    echo,      '',   /?q",
        "why http://[fd00::1]:81/,                GET,    fd00::1,   81,   /",
        "why DELETE /x --workload echo,           DELETE, echo,      '',   /x",
        "why /x --workload echo,                  GET,    echo,      '',   /x",
        "why --workload echo,                     GET,    echo,      '',   /",
    })
    void why(String line, String method, String host, String port, String target) {
        assertEquals(0, typing.type(line), typing::err);
        assertEquals(
                new WhyRequest.Request(method, host, port, target, List.of()),
                typing.<WhyRequest>asked().request());
    }

    @Test
    void whyTakesHeadersAndANamespace() {
        typing.type(List.of("why", "http://echo", "-H", "X-User: alice", "-H", "b=c", "-n", "shop", "--last", "20"));
        WhyRequest request = typing.asked();
        assertEquals("shop", request.namespace());
        assertEquals(20, request.last());
        assertEquals(
                List.of(new HeaderMatch("X-User", "alice"), new HeaderMatch("b", "c")),
                request.request().headers());
    }

    @Test
    void genyaml() {
        typing.stdin = "kind: Deployment";
        assertEquals(0, typing.type("genyaml config -i - --agent-port 9901 --loglevel DEBUG -n shop"), typing::err);
        assertEquals(
                new YamlRequest(
                        YamlRequest.What.CONFIG,
                        "shop",
                        "",
                        "kind: Deployment",
                        "",
                        Map.of("agent-port", "9901", "loglevel", "DEBUG")),
                typing.asked());
        assertEquals("name: traffic-agent\n", typing.out());
        typing.stdin = "config";
        assertEquals(0, typing.type("genyaml initcontainer -a - --format json"), typing::err);
        assertEquals(new YamlRequest(YamlRequest.What.INITCONTAINER, "", "", "", "config", Map.of()), typing.asked());
        assertEquals("{\"cmd\":\"initcontainer\",\"stdout\":\"name: traffic-agent\\n\"}\n", typing.out());
    }
}
