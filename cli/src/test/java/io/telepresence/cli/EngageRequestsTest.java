package io.telepresence.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.agree.Transport;
import io.telepresence.engagement.EngagementCodec;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.EngagementOptions;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.engagement.HeaderMatch;
import io.telepresence.engagement.HttpFilter;
import io.telepresence.engagement.PathMatch;
import io.telepresence.engagement.Port;
import io.telepresence.engagement.PortRequest;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.connector.EngageRequest;
import io.telepresence.rpc.connector.LeaveRequest;
import io.telepresence.rpc.connector.MountRequest;
import io.telepresence.rpc.connector.MountRequest.Mode;
import io.telepresence.rpc.engagement.HttpHeader;
import io.telepresence.rpc.manager.ExplainRequest;
import io.telepresence.rpc.manager.YamlRequest;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Real argument lists of the engagements, and what the daemon is asked for because of them. */
final class EngageRequestsTest {
    private static final MountRequest AUTO = mount(Mode.AUTO, "", false);
    private static final MountRequest READ_ONLY = mount(Mode.AUTO, "", true);

    private final Typing typing = new Typing();

    @BeforeEach
    void connected() {
        typing.daemon.connected = true;
    }

    private EngageRequest request(String line) {
        assertEquals(0, typing.type(line), typing::err);
        return typing.asked();
    }

    private static MountRequest mount(Mode mode, String path, boolean readOnly) {
        return MountRequest.newBuilder()
                .setMode(mode)
                .setPath(path)
                .setReadOnly(readOnly)
                .build();
    }

    /** Everything of the workload echo. */
    private static EngageRequest all(EngagementKind kind, MountRequest mount) {
        EngagementSpec spec = new EngagementSpec(
                kind, "echo", "", "echo", "", "", "", "127.0.0.1", List.of(), EngagementOptions.NONE);
        return EngageRequest.newBuilder()
                .setSpec(EngagementCodec.toWire(spec))
                .setMount(mount)
                .build();
    }

    private EngagementSpec spec(String line) throws FaultException {
        return EngagementCodec.spec(request(line).getSpec());
    }

    @Test
    void eachKindByItselfAsksForDefaults() {
        assertEquals(all(EngagementKind.INTERCEPT, AUTO), request("intercept echo"));
        assertEquals(all(EngagementKind.REPLACE, AUTO), request("replace echo"));
        assertEquals(all(EngagementKind.WIRETAP, READ_ONLY), request("wiretap echo"));
        assertEquals(all(EngagementKind.INGEST, READ_ONLY), request("ingest echo"));
    }

    @Test
    void interceptTakesItsFlags() throws FaultException {
        EngageRequest request =
                request("intercept mine -w echo -n shop --service api --container app --address 127.0.0.9"
                        + " -p 8080:http -p 9090:https,7070 --plaintext --mechanism http --metadata a=b --metadata c=d=e"
                        + " --http-header x-user=al,ice --http-path-equal /a --http-path-prefix /b,c --http-path-regex /d{1,2}"
                        + " --to-pod 5432 --to-pod 53/UDP,8081/TCP --mount data:ro");
        HttpFilter filter = new HttpFilter(
                List.of(new HeaderMatch("X-User", "al,ice")),
                List.of(
                        PathMatch.of(PathMatch.Kind.EQUAL, "/a"),
                        PathMatch.of(PathMatch.Kind.PREFIX, "/b,c"),
                        PathMatch.of(PathMatch.Kind.REGEX, "/d{1,2}")));
        List<Port> toPod =
                List.of(new Port(Transport.TCP, 5432), new Port(Transport.UDP, 53), new Port(Transport.TCP, 8081));
        assertEquals(
                new EngagementSpec(
                        EngagementKind.INTERCEPT,
                        "mine",
                        "shop",
                        "echo",
                        "",
                        "api",
                        "app",
                        "127.0.0.9",
                        List.of(
                                new PortRequest(8080, "http"),
                                new PortRequest(9090, "https"),
                                new PortRequest(7070, "")),
                        new EngagementOptions(filter, "http", true, Map.of("a", "b", "c", "d=e"), toPod)),
                EngagementCodec.spec(request.getSpec()));
        assertEquals(mount(Mode.PATH, "/srv/dir/data", true), request.getMount());
    }

    @Test
    void aHeaderMayBeWrittenAsCurlDoes() throws FaultException {
        typing.type(List.of("wiretap", "echo", "--http-header", "X-User: al=ice", "--http-header", "a=b: c"));
        EngageRequest request = typing.asked();
        assertEquals(
                List.of(new HeaderMatch("X-User", "al=ice"), new HeaderMatch("a", "b: c")),
                EngagementCodec.spec(request.getSpec()).filter().headers());
    }

    @Test
    void udpPortsAndAllPorts() throws FaultException {
        assertEquals(
                List.of(new PortRequest(9090, "53/UDP"), new PortRequest(9090, "")),
                spec("intercept echo -p 9090:53/UDP -p 9090").ports());
        assertEquals(List.of(), spec("replace echo --port all").ports());
    }

    @ParameterizedTest
    @CsvSource({
        "intercept, true,     AUTO, '',           false",
        "intercept, true:ro,  AUTO, '',           true",
        "intercept, false,    NONE, '',           false",
        "intercept, '',       NONE, '',           false",
        "intercept, 0,        NONE, '',           false",
        "intercept, f,        NONE, '',           false",
        "intercept, FALSE,    NONE, '',           false",
        "intercept, 1,        AUTO, '',           false",
        "intercept, t,        AUTO, '',           false",
        "intercept, T:ro,     AUTO, '',           true",
        "intercept, fa,       PATH, /srv/dir/fa,  false",
        "replace,   /m,       PATH, /m,           false",
        "replace,   ../m:ro,  PATH, /srv/m,       true",
        "ingest,    m,        PATH, /srv/dir/m,   true",
        "wiretap,   /m,       PATH, /m,           true",
    })
    void mounts(String command, String value, Mode mode, String path, boolean readOnly) {
        assertEquals(
                mount(mode, path, readOnly),
                request(command + " echo --mount=" + value).getMount());
    }

    @Test
    void volumesAtAPort() {
        assertEquals(
                AUTO.toBuilder().setLocalMountPort(2222).build(),
                request("intercept echo --local-mount-port 2222").getMount());
    }

    @Test
    void replaceAsAFlagIsDeprecated() {
        assertEquals(all(EngagementKind.INTERCEPT, AUTO), request("intercept echo --replace"));
        assertTrue(typing.err().startsWith("Warning: --replace is deprecated"), typing.err());
        typing.type("intercept --help");
        assertTrue(!typing.out().contains("--replace"), typing.out());
    }

    @Test
    void leaveTakesItsFlags() {
        typing.type("leave echo -c app -n shop");
        assertEquals(
                LeaveRequest.newBuilder()
                        .setName("echo")
                        .setContainer("app")
                        .setNamespace("shop")
                        .build(),
                typing.asked());
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
                ExplainRequest.newBuilder()
                        .setMethod(method)
                        .setHost(host)
                        .setPort(port)
                        .setTarget(target)
                        .build(),
                typing.asked());
    }

    @Test
    void whyTakesHeadersAndANamespace() {
        typing.type(List.of("why", "http://echo", "-H", "X-User: alice", "-H", "b=c", "-n", "shop", "--last", "20"));
        ExplainRequest request = typing.asked();
        assertEquals("shop", request.getNamespace());
        assertEquals(20, request.getLast());
        assertEquals(
                List.of(
                        HttpHeader.newBuilder()
                                .setName("X-User")
                                .setValue("alice")
                                .build(),
                        HttpHeader.newBuilder().setName("B").setValue("c").build()),
                request.getHeadersList());
    }

    @Test
    void genyaml() {
        typing.stdin = "kind: Deployment";
        assertEquals(0, typing.type("genyaml config -i - --agent-port 9901 --loglevel DEBUG -n shop"), typing::err);
        assertEquals(
                YamlRequest.newBuilder()
                        .setWhat(YamlRequest.What.CONFIG)
                        .setNamespace("shop")
                        .setInput("kind: Deployment")
                        .putAllOptions(Map.of("agent-port", "9901", "loglevel", "DEBUG"))
                        .build(),
                typing.asked());
        assertEquals("name: traffic-agent\n", typing.out());
        typing.stdin = "config";
        assertEquals(0, typing.type("genyaml initcontainer -a - --format json"), typing::err);
        assertEquals(
                YamlRequest.newBuilder()
                        .setWhat(YamlRequest.What.INIT_CONTAINER)
                        .setAgentConfig("config")
                        .build(),
                typing.asked());
        assertEquals("{\"cmd\":\"initcontainer\",\"stdout\":\"name: traffic-agent\\n\"}\n", typing.out());
    }
}
