package io.telepresence.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.telepresence.agree.Routing;
import io.telepresence.cli.daemon.KubeFlags;
import io.telepresence.rpc.common.LogLevelRequest;
import io.telepresence.rpc.connector.ConnectRequest;
import io.telepresence.rpc.connector.GatherLogsRequest;
import io.telepresence.rpc.connector.HelmRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Real argument lists, and what the daemon is asked for because of them: every default, every flag. */
final class RequestsTest {
    private final Typing typing = new Typing();

    @Test
    void connectByItselfAsksForDefaults() {
        assertEquals(0, typing.type("connect"));
        ConnectRequest request = typing.asked();
        assertEquals(
                ConnectRequest.newBuilder().setRouting(Routing.NONE.toWire()).build(), request);
        assertEquals(Map.of(), typing.daemon.flags.flags());
        assertEquals(
                new KubeFlags.CallerEnvironment("", "/home/ann", "/srv/dir", false, ""), typing.daemon.flags.place());
        assertEquals(0, typing.daemon.flags.stdin().length);
    }

    @Test
    void connectTakesItsFlags() {
        typing.environment.put("KUBECONFIG", "/k/config");
        assertEquals(
                0,
                typing.type("--config c.yml connect -n shop --name work --manager-namespace tm"
                        + " --also-proxy 10.1.0.0/16,10.2.0.0/16 --also-proxy 10.3.0.0/16 --never-proxy=10.4.0.0/16"
                        + " --allow-conflicting-subnets 10.5.0.0/16 --mapped-namespaces shop,pay"));
        ConnectRequest request = typing.asked();
        assertEquals("work", request.getName());
        assertEquals("shop", request.getNamespace());
        assertEquals("tm", request.getManagerNamespace());
        assertEquals(List.of("shop", "pay"), request.getMappedNamespacesList());
        assertEquals(
                new Routing(Map.of(
                        Routing.Rule.ALSO_PROXY,
                        List.of("10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16"),
                        Routing.Rule.NEVER_PROXY,
                        List.of("10.4.0.0/16"),
                        Routing.Rule.ALLOW_CONFLICTING,
                        List.of("10.5.0.0/16"))),
                Routing.fromWire(request.getRouting()));
        assertEquals("/k/config", typing.daemon.flags.place().kubeconfig());
        assertEquals("c.yml", typing.daemon.flags.place().configFile());
    }

    @Test
    void everyKubernetesFlagIsPassedOn() {
        assertEquals(
                0,
                typing.type("list-namespaces --as ann --as-group a --as-group b,c --as-uid 7 --as-user-extra k=v"
                        + " --cache-dir d --certificate-authority ca --client-certificate cc --client-key ck --cluster cl"
                        + " --context cx --disable-compression --insecure-skip-tls-verify --kubeconfig kc --proxy-url p"
                        + " --request-timeout 5s -s https://a --tls-server-name t --token tok --user u -n ns"));
        KubeFlags flags = typing.asked();
        assertEquals(
                Map.ofEntries(
                        Map.entry("as", List.of("ann")),
                        Map.entry("as-group", List.of("a", "b,c")),
                        Map.entry("as-uid", List.of("7")),
                        Map.entry("as-user-extra", List.of("k=v")),
                        Map.entry("cache-dir", List.of("d")),
                        Map.entry("certificate-authority", List.of("ca")),
                        Map.entry("client-certificate", List.of("cc")),
                        Map.entry("client-key", List.of("ck")),
                        Map.entry("cluster", List.of("cl")),
                        Map.entry("context", List.of("cx")),
                        Map.entry("disable-compression", List.of("true")),
                        Map.entry("insecure-skip-tls-verify", List.of("true")),
                        Map.entry("kubeconfig", List.of("kc")),
                        Map.entry("proxy-url", List.of("p")),
                        Map.entry("request-timeout", List.of("5s")),
                        Map.entry("server", List.of("https://a")),
                        Map.entry("tls-server-name", List.of("t")),
                        Map.entry("token", List.of("tok")),
                        Map.entry("user", List.of("u")),
                        Map.entry("namespace", List.of("ns"))),
                flags.flags());
    }

    @Test
    void aKubeconfigComesFromStdin() {
        typing.stdin = "kind: Config";
        typing.type("connect --kubeconfig -");
        assertArrayEquals("kind: Config".getBytes(StandardCharsets.UTF_8), typing.daemon.flags.stdin());
    }

    @Test
    void theManagersNamespaceComesFromTheEnvironmentToo() {
        typing.environment.put("TELEPRESENCE_MANAGER_NAMESPACE", "from-env");
        typing.type("connect");
        assertEquals("from-env", typing.<ConnectRequest>asked().getManagerNamespace());
        typing.type("helm install");
        assertEquals("from-env", typing.<HelmRequest>asked().getManagerNamespace());
        typing.type("helm install -n scope");
        assertEquals("scope", typing.<HelmRequest>asked().getManagerNamespace());
    }

    @Test
    void helmInstallByItselfAsksForDefaults() {
        assertEquals(0, typing.type("helm install"));
        HelmRequest request = typing.asked();
        assertEquals(
                HelmRequest.newBuilder()
                        .setVerb(HelmRequest.Verb.INSTALL)
                        .setCreateNamespace(true)
                        .build(),
                request);
    }

    @Test
    void helmUpgradeTakesItsFlags() {
        assertEquals(
                0,
                typing.type("helm upgrade --create-namespace=false --no-hooks --set a=1,b=2 --set c=3 --set-file d=f"
                        + " --set-json e={} --set-string g=4 -f v.yaml --values w.yaml --version ^0.1 --reuse-values"));
        HelmRequest request = typing.asked();
        assertEquals(
                HelmRequest.newBuilder()
                        .setVerb(HelmRequest.Verb.UPGRADE)
                        .addAllSet(List.of("a=1,b=2", "c=3"))
                        .addSetFile("d=f")
                        .addSetJson("e={}")
                        .addSetString("g=4")
                        .addAllValues(List.of("v.yaml", "w.yaml"))
                        .setNoHooks(true)
                        .setVersion("^0.1")
                        .setReuseValues(true)
                        .build(),
                request);
    }

    @ParameterizedTest
    @CsvSource({
        "loglevel debug,                DEBUG, 1800, false, false",
        "loglevel warning -d 0s,        WARN,  0,    false, false",
        "loglevel TRACE -l -d 1h30m,    TRACE, 5400, true,  false",
        "loglevel info -r --duration 90s, INFO, 90,  false, true",
    })
    void logLevel(String line, String level, long seconds, boolean local, boolean remote) {
        assertEquals(0, typing.type(line));
        assertEquals(
                LogLevelRequest.newBuilder()
                        .setLevel(level)
                        .setDurationSeconds(seconds)
                        .setLocalOnly(local)
                        .setRemoteOnly(remote)
                        .build(),
                typing.asked());
    }

    @Test
    void gatherLogsHasDefaultsAndMakesItsFileAbsolute() {
        assertEquals(0, typing.type("gather-logs -o logs.zip"));
        assertEquals(
                GatherLogsRequest.newBuilder()
                        .setDaemons("all")
                        .setOutputFile("/srv/dir/logs.zip")
                        .setTrafficAgents("all")
                        .setTrafficManager(true)
                        .build(),
                typing.asked());
        assertEquals("Logs have been exported to /srv/dir/logs.zip\n", typing.out());
        assertEquals("pod a-1: no log\n", typing.err());
        typing.type("gather-logs -a -y --daemons root,user --traffic-agents echo --traffic-manager=false -o /l.zip");
        assertEquals(
                GatherLogsRequest.newBuilder()
                        .setAnonymize(true)
                        .setDaemons("root,user")
                        .setPodYaml(true)
                        .setOutputFile("/l.zip")
                        .setTrafficAgents("echo")
                        .build(),
                typing.asked());
    }

    @ParameterizedTest
    @CsvSource({
        "'root, user',              'root,user'",
        "'daemon,connector',        'root,user'",
        "'kubeauth,cli',            'kubeauth,cli'",
        "none,                      None",
    })
    void daemonsHaveOldNamesToo(String typed, String asked) {
        assertEquals(0, typing.type(List.of("gather-logs", "--daemons", typed)), typing::err);
        assertEquals(asked, typing.<GatherLogsRequest>asked().getDaemons());
    }

    @Test
    void configViewSaysWhichFile() {
        typing.type("config view -c --config my.yml");
        assertEquals("true my.yml", typing.asked());
    }
}
