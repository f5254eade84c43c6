package io.telepresence.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.agree.Routing;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What each command prints, in each format. */
final class OutputsTest {
    private static final String BLOCK =
            """
            Using Deployment echo
            intercepted
              Intercept name: echo
              State         : ACTIVE
              Workload kind : Deployment
              Destination   : 127.0.0.1:8080
              Intercepting  : all TCP connections
            """;

    private final Typing typing = new Typing();

    private String printed(String line) {
        assertEquals(0, typing.type(line), typing::err);
        return typing.out();
    }

    @Test
    void interceptOfOnePort() {
        typing.daemon.connected = true;
        assertEquals(BLOCK, printed("intercept echo --port 8080:http"));
        assertEquals("", typing.err());
    }

    @Test
    void interceptOfSeveralPorts() {
        typing.daemon.connected = true;
        typing.daemon.next =
                Samples.intercept(Samples.port("TCP", 8080, 80, "http", 8080), Samples.port("UDP", 53, 5353, "", 0));
        assertEquals(
                """
                Using Deployment echo
                intercepted
                    Intercept name         : echo
                    State                  : ACTIVE
                    Workload kind          : Deployment
                    Intercepting           : 10.244.0.7 -> 127.0.0.1
                        8080 -> 8080 TCP
                        5353 -> 53 UDP
                """,
                printed("intercept echo"));
    }

    @Test
    void interceptOfAPodWithoutServiceShowsItsAddress() {
        typing.daemon.connected = true;
        typing.daemon.next = Samples.intercept(Samples.port("TCP", 8080, 8080, "", 0));
        assertTrue(printed("intercept echo").endsWith("  Address       : 10.244.0.7:8080\n"), typing.out());
    }

    @Test
    void interceptInDetail() {
        typing.daemon.connected = true;
        assertEquals(
                "{\"id\":\"5e55:echo\",\"name\":\"echo\",\"kind\":\"intercept\",\"disposition\":\"ACTIVE\",\"workload_kind\":\"Deployment\","
                        + "\"container\":\"app\",\"target_host\":\"127.0.0.1\",\"target_port\":8080,\"port_id\":\"http\","
                        + "\"container_port\":8080,\"environment\":{\"GREETING\":\"hello\"},"
                        + "\"filter_desc\":\"all TCP connections\",\"global\":true,\"pod_ip\":\"10.244.0.7\"}\n",
                printed("intercept echo --detailed-output --output json"));
    }

    @Test
    void list() {
        typing.daemon.connected = true;
        typing.daemon.workloads = List.of(
                Samples.workload("echo", "v0.1.0", "", Samples.intercept(Samples.port("TCP", 8080, 80, "http", 80))),
                Samples.workload("api", "v0.1.0", ""),
                Samples.workload("long-name", "", ""),
                Samples.workload("db", "", "no ports"));
        assertEquals(
                """
                deployment echo     : intercepted
                  Intercept name: echo
                  State         : ACTIVE
                  Workload kind : Deployment
                  Destination   : 127.0.0.1:8080
                  Intercepting  : all TCP connections
                deployment api      : ready to engage (traffic-agent already installed)
                deployment long-name: ready to engage (traffic-agent not yet installed)
                deployment db       : not interceptable (traffic-agent not installed): no ports
                """,
                printed("list"));
        assertEquals(
                "deployment echo: intercepted",
                printed("list -i").lines().findFirst().orElse(""));
        assertEquals(7, printed("list --agents").lines().count());
        assertTrue(printed("list --debug").contains("  ID            : 5e55:echo\n"));
    }

    @Test
    void listSaysHowManyPodsAreReachedAndWhyNotAllAndWhatPoliciesSay() {
        typing.daemon.connected = true;
        typing.daemon.workloads =
                List.of(Samples.bypassed(Samples.intercept(Samples.port("TCP", 8080, 80, "http", 80))));
        assertTrue(
                printed("list")
                        .startsWith(
                                """
                                deployment echo: intercepted
                                  Policy prod: no replace
                                  Policy web: volumes read-only
                                  Agents: 1 of 2 pods (pod echo-2: it was created without a traffic-agent)
                                  Agents: 1 pod has a traffic-agent of another image than new pods get, until it is replaced
                                  Intercept name: echo
                                """),
                printed("list"));
        assertTrue(
                printed("list --output json")
                        .contains("\"policies\":[\"prod: no replace\",\"web: volumes read-only\"],"
                                + "\"agents\":{\"pods\":2,\"reached\":1,\"bypassed\":[{"),
                printed("list --output json"));
        assertTrue(printed("list --output json").contains("\"earlier_agents\":1,"), printed("list --output json"));
    }

    @Test
    void listOfNothing() {
        typing.daemon.connected = true;
        assertEquals("No Workloads (Deployments, StatefulSets, ReplicaSets, or Rollouts)\n", printed("list"));
        assertEquals("{\"cmd\":\"list\",\"stdout\":[]}\n", printed("list --output json"));
    }

    @Test
    void listAsData() {
        typing.daemon.connected = true;
        typing.daemon.workloads = List.of(Samples.workload("db", "", "no ports"));
        assertEquals(
                """
                cmd: list
                stdout:
                - name: db
                  namespace: default
                  workload_resource_type: Deployment
                  uid: u-1
                  not_interceptable_reason: no ports
                """,
                printed("list --output yaml"));
        assertEquals(
                "[]\n[{\"name\":\"db\",\"namespace\":\"default\",\"workload_resource_type\":\"Deployment\","
                        + "\"uid\":\"u-1\",\"not_interceptable_reason\":\"no ports\"}]\n",
                printed("list --output json-stream"));
    }

    @Test
    void statusOfNothing() {
        typing.userRuns = false;
        typing.rootRuns = false;
        assertEquals(
                "User Daemon: Not running\nRoot Daemon: Not running\nTraffic Manager: Not connected\n",
                printed("status"));
        assertEquals(
                "{\"user_daemon\":{},\"root_daemon\":{},\"traffic_manager\":{}}\n", printed("status --output json"));
    }

    @Test
    void statusOfASession() {
        typing.daemon.connected = true;
        typing.daemon.engagements.add(Samples.intercept(Samples.port("TCP", 8080, 80, "http", 80)));
        assertEquals(
                """
                User Daemon: Running
                  Version           : v0.1.0
                  Executable        : /opt/telepresence/bin/telepresence
                  Install ID        : i-1
                  Status            : Connected
                  Kubernetes server : https://192.0.2.1:6443
                  Kubernetes context: dev
                  Namespace         : default
                  Manager namespace : ambassador
                  Mapped namespaces : [default shop]
                  Cluster user      : ann
                  Intercepts        : 1 total
                    echo: ann@laptop
                Root Daemon: Running
                  Version    : v0.1.0
                  DNS        :
                    Remote IP       : 10.96.0.10
                    Exclude suffixes: [.com .io]
                    Include suffixes: []
                    Timeout         : 4s
                  Subnets    : (2 subnets)
                    - 10.96.0.0/16
                    - 10.244.0.0/24
                  Never Proxy: (1 subnets)
                    - 192.0.2.0/24
                Traffic Manager: Connected
                  Version      : v0.1.0
                  Traffic Agent: localhost/telepresence/traffic-agent:0.1.0
                """,
                printed("status"));
    }

    /** In the order of the documentation, whichever the user typed first. */
    @Test
    void statusShowsEachRuleAboutSubnets() {
        typing.daemon.connected = true;
        typing.daemon.routing = new Routing(Map.of(
                Routing.Rule.ALLOW_CONFLICTING,
                List.of("10.3.0.0/16"),
                Routing.Rule.ALSO_PROXY,
                List.of("10.1.0.0/16", "10.0.0.0/16"),
                Routing.Rule.NEVER_PROXY,
                List.of("fd00::/64")));
        assertTrue(
                printed("status")
                        .contains(
                                """
                                  Also Proxy         : (2 subnets)
                                    - 10.1.0.0/16
                                    - 10.0.0.0/16
                                  Never Proxy        : (1 subnets)
                                    - fd00::/64
                                  Allow conflicts for: (1 subnets)
                                    - 10.3.0.0/16
                                """),
                typing::out);
        assertTrue(
                printed("status --output json")
                        .contains(
                                "\"also_proxy_subnets\":[\"10.1.0.0/16\",\"10.0.0.0/16\"],\"never_proxy_subnets\":[\"fd00::/64\"],"
                                        + "\"allow_conflicting_subnets\":[\"10.3.0.0/16\"]"),
                typing::out);
    }

    @Test
    void statusAsData() {
        typing.daemon.connected = true;
        typing.daemon.engagements.add(Samples.intercept(Samples.port("TCP", 8080, 80, "http", 80)));
        assertEquals(
                """
                user_daemon:
                  running: true
                  in_docker: false
                  name: dev
                  version: v0.1.0
                  executable: /opt/telepresence/bin/telepresence
                  install_id: i-1
                  status: Connected
                  kubernetes_server: https://192.0.2.1:6443
                  kubernetes_context: dev
                  namespace: default
                  manager_namespace: ambassador
                  mapped_namespaces:
                  - default
                  - shop
                  cluster_user: ann
                  intercepts:
                  - name: echo
                    client: ann@laptop
                root_daemon:
                  running: true
                  name: Root Daemon
                  version: v0.1.0
                  dns:
                    remote_ip: 10.96.0.10
                    exclude_suffixes:
                    - .com
                    - .io
                    lookup_timeout: 4000000000
                  subnets:
                  - 10.96.0.0/16
                  - 10.244.0.0/24
                  never_proxy_subnets:
                  - 192.0.2.0/24
                traffic_manager:
                  name: Traffic Manager
                  version: v0.1.0
                  traffic_agent: localhost/telepresence/traffic-agent:0.1.0
                """,
                printed("status --format yaml"));
    }

    @Test
    void version() {
        typing.daemon.connected = true;
        String client = io.telepresence.agree.Versions.VERSION;
        assertEquals(
                "Client         : " + client
                        + """

                        Root Daemon    : v0.1.0
                        User Daemon    : v0.1.0
                        Traffic Manager: v0.1.0
                        Traffic Agent  : localhost/telepresence/traffic-agent:0.1.0
                        """,
                printed("version"));
        typing.userRuns = false;
        typing.rootRuns = false;
        assertEquals(
                "Client     : " + client + "\nRoot Daemon: not running\nUser Daemon: not running\n",
                printed("version"));
    }

    @Test
    void contextsAndNamespaces() {
        assertEquals(
                """
                * name: dev
                  default namespace: default
                - name: prod
                  default namespace: shop
                """,
                printed("list-contexts"));
        assertTrue(printed("list-contexts --output json")
                .startsWith("{\"cmd\":\"list-contexts\",\"stdout\":{\"dev\":{\"cluster\":\"c1\",\"user\":\"ann\","
                        + "\"namespace\":\"default\",\"current\":true}"));
        assertEquals("default\nkube-system\n", printed("list-namespaces"));
        assertEquals(
                "{\"cmd\":\"list-namespaces\",\"stdout\":[\"default\",\"kube-system\"]}\n",
                printed("list-namespaces --output json"));
    }

    @Test
    void configView() {
        assertEquals("timeouts:\n  helm: 30s\n", printed("config view"));
        assertEquals("timeouts:\n  helm: 30s\n", printed("config view --output yaml"));
        assertEquals("{\"timeouts\":{\"helm\":\"30s\"}}\n", printed("config view --output json"));
    }

    @Test
    void helm() {
        assertEquals("Traffic Manager installed successfully\n", printed("helm install"));
        assertEquals(
                "{\"cmd\":\"install\",\"stdout\":\"Traffic Manager installed successfully\\n\"}\n",
                printed("helm install --output json"));
    }

    @Test
    void completionOffersWords() {
        assertEquals("config\nconnect\n", printed("__complete -- con"));
        assertEquals("install\n", printed("__complete -- helm ins"));
        assertEquals("--name\n--namespace\n", printed("__complete -- connect --nam"));
        typing.daemon.workloads = List.of(Samples.workload("echo", "", ""), Samples.workload("api", "", ""));
        assertEquals("api\necho\n", printed("__complete -- intercept "));
        assertEquals("dev\n", printed("__complete -- connect --context d"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"bash", "zsh", "fish"})
    void completionScripts(String shell) {
        assertTrue(printed("completion " + shell).contains("telepresence __complete --"));
    }

    @Test
    void helpListsCommandsAndFlags() {
        assertTrue(
                printed("").contains("  leave, detach    End an intercept, replace, wiretap or ingest\n"),
                typing.out());
        assertTrue(printed("--help").contains("  connect "));
        assertTrue(printed("helm --help").contains("  uninstall  "));
        assertTrue(printed("connect --help").startsWith("Usage: telepresence connect [OPTIONS] [-- COMMAND...]\n"));
    }
}
