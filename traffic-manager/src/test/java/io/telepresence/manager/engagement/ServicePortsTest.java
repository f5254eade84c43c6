package io.telepresence.manager.engagement;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.engagement.EngagedPort;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.EngagementOptions;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.engagement.Port;
import io.telepresence.engagement.PortRequest;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.FakeCluster;
import io.telepresence.manager.cluster.KubernetesWorkload;
import io.telepresence.manager.sidecar.FilteredPorts;
import io.telepresence.manager.sidecar.ReplacedContainers;
import io.telepresence.manager.sidecar.SidecarConfigs;
import io.telepresence.rpc.agent.AgentConfig;
import io.telepresence.rpc.agent.AgentPort;
import io.telepresence.rpc.tunnel.Protocol;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ServicePortsTest {
    private final FakeCluster cluster = new FakeCluster();
    private final SidecarConfigs sidecars = new SidecarConfigs(
            cluster.workloads(),
            new SidecarConfigs.Settings("traffic-manager.ambassador", 8081, 9900, "INFO"),
            ReplacedContainers.NOTHING);

    @Test
    void aNamedPortIsTakenOverByName() throws Exception {
        cluster.addEcho();
        assertEquals(
                List.of(new EngagedPort(Port.of(false, 8080), 8080, "app", "echo", "web", 80)),
                choose("echo", "", wish(0, "")));
        assertEquals(9999, choose("echo", "", wish(9999, "web")).getFirst().localPort());
        assertEquals(
                List.of(AgentPort.newBuilder()
                        .setProtocol(Protocol.TCP)
                        .setContainerPort(8080)
                        .setAgentPort(9900)
                        .setName("http")
                        .setAppProtocol("web")
                        .build()),
                config("echo").getContainers(0).getPortsList());
    }

    @Test
    void aNumberAndAHeadlessServiceNeedTheRedirection() {
        workload("n", "", "[]");
        service("n", "clusterIP: 10.96.0.2, ports: [{port: 80, targetPort: 3000}]");
        assertTrue(config("n").getContainers(0).getPorts(0).getRedirect());
        assertEquals(3000, config("n").getContainers(0).getPorts(0).getContainerPort());
        workload("h", "", "[{name: http, containerPort: 8080}]");
        service("h", "clusterIP: None, ports: [{port: 80, targetPort: http}]");
        assertTrue(config("h").getContainers(0).getPorts(0).getRedirect());
    }

    @Test
    void ambiguityNamesTheFlagThatHelps() {
        workload("two", "", "[{name: a, containerPort: 1}, {name: b, containerPort: 2, protocol: UDP}]");
        service(
                "two",
                "clusterIP: 10.96.0.2, ports: [{name: a, port: 80, targetPort: a}, {name: b, port: 53,"
                        + " targetPort: b, protocol: UDP}]");
        assertEquals("Deployment two.default has multiple interceptable ports", fault("two", "", ""));
        assertEquals("Deployment two.default has multiple interceptable ports in service two", fault("two", "two", ""));
        assertEquals("Deployment two.default has no interceptable port matching 81", fault("two", "", "81"));
        assertEquals("Deployment two.default has no interceptable port matching b/TCP", fault("two", "", "b/TCP"));
        service("also", "two", "clusterIP: 10.96.0.3, ports: [{port: 80, targetPort: a}]");
        assertEquals("Deployment two.default has multiple interceptable services with port 80", fault("two", "", "80"));
    }

    @Test
    void onePortOfTwoProtocolsIsToldApart() throws Exception {
        workload("dnsy", "", "[{containerPort: 8080}, {containerPort: 9000, protocol: UDP}]");
        service(
                "dnsy",
                "clusterIP: 10.96.0.2, ports: [{name: dns, port: 53, targetPort: 8080},"
                        + " {name: dns-udp, port: 53, targetPort: 9000, protocol: UDP}]");
        FaultException which = assertThrows(FaultException.class, () -> choose("dnsy", "", wish(5353, "53")));
        assertEquals(
                "Deployment dnsy.default has the port 53 for TCP and for UDP. Please say which with --port=<local"
                        + " port>:53/TCP or --port=<local port>:53/UDP",
                which.fault().toString());
        assertEquals(9000, choose("dnsy", "", wish(5353, "53/UDP")).getFirst().containerPort());
        assertEquals(8080, choose("dnsy", "", wish(5353, "53/TCP")).getFirst().containerPort());
    }

    @Test
    void aFilterOnAPortThatIsNoHttpIsRefusedOrWarnedOf() throws Exception {
        String ports = "clusterIP: 10.96.0.2, ports: [{name: %s, port: 80, targetPort: 8080}]";
        workload("n", "", "[{containerPort: 8080}]");
        service("n", ports.formatted("tcp"));
        assertEquals(
                "HTTP filters do not work on port 8080 of Deployment n.default: its service declares it to be tcp, so"
                        + " the agent does not look at its bytes",
                assertThrows(FaultException.class, () -> filtered("n")).fault().text());
        service("n", ports.formatted("x, appProtocol: TCP"));
        assertThrows(FaultException.class, () -> filtered("n"));
        service("n", ports.formatted("tcp, appProtocol: http"));
        assertEquals("", filtered("n"));
        service("n", ports.formatted("web"));
        assertEquals("", filtered("n"));
        service("n", ports.formatted("grpc"));
        assertTrue(filtered("n").contains("declared to be TLS"), filtered("n"));
        workload("n", "telepresence.io/downstream-tls-secret.80: s", "[{containerPort: 8080}]");
        assertEquals("", filtered("n"));
        service("n", ports.formatted("tcp"));
        assertEquals("", filtered("n"), "inside the TLS that the annotation opens");
    }

    private String filtered(String name) throws FaultException {
        KubernetesWorkload workload = find(name);
        return FilteredPorts.check(
                workload.ref(),
                sidecars.ports(workload),
                choose(name, "", wish(1, "")),
                c -> SidecarConfigs.opens(workload, c));
    }

    @Test
    void severalPortsAtOnceAndEachOnlyOnce() throws Exception {
        workload("two", "", "[{name: a, containerPort: 1}, {name: b, containerPort: 2, protocol: UDP}]");
        service(
                "two",
                "clusterIP: 10.96.0.2, ports: [{name: a, port: 80, targetPort: a}, {name: b, port: 53,"
                        + " targetPort: b, protocol: UDP}]");
        List<EngagedPort> both = choose("two", "", wish(7001, "a"), wish(7002, "53/UDP"));
        assertEquals(
                List.of(1, 2), both.stream().map(EngagedPort::containerPort).toList());
        assertTrue(both.get(1).udp());
        FaultException twice =
                assertThrows(FaultException.class, () -> choose("two", "", wish(7001, "a"), wish(7002, "80")));
        assertTrue(twice.fault().text().contains("given twice"), twice.fault()::text);
    }

    @Test
    void withoutAServiceTheAnnotationNamesThePorts() throws Exception {
        workload("bare", "", "[{name: http, containerPort: 8080}]");
        assertTrue(fault("bare", "", "").contains("no service selects its pods"));
        workload(
                "bare",
                "telepresence.io/inject-container-ports: 'http, 9000/UDP'",
                "[{name: http, containerPort: 8080}]");
        assertEquals(8080, choose("bare", "", wish(0, "http")).getFirst().containerPort());
        assertTrue(choose("bare", "", wish(0, "9000")).getFirst().udp());
        assertEquals("", choose("bare", "", wish(0, "http")).getFirst().service());
    }

    @Test
    void whatIsNoPortNumberIsNoPort() throws Exception {
        workload("odd", "telepresence.io/inject-container-ports: '70000, 0, 8080'", "[{containerPort: 8080}]");
        assertEquals(8080, choose("odd", "", wish(1, "8080")).getFirst().containerPort());
        for (String none : List.of("70000", "0")) {
            assertEquals("Deployment odd.default has no interceptable port matching " + none, fault("odd", "", none));
        }
    }

    @Test
    void annotationsNarrowServicesAndPorts() throws Exception {
        workload(
                "narrow",
                "telepresence.io/inject-service-name: one, telepresence.io/inject-service-ports: '80'",
                "[{name: a, containerPort: 1}, {name: b, containerPort: 2}]");
        service(
                "one",
                "narrow",
                "clusterIP: 10.96.0.3, ports: [{name: a, port: 80, targetPort: a}, {name: b, port: 81,"
                        + " targetPort: b}]");
        service("other", "narrow", "clusterIP: 10.96.0.4, ports: [{port: 80, targetPort: b}]");
        assertEquals(1, choose("narrow", "", wish(0, "")).getFirst().containerPort());
    }

    /** Where a program listens that says so nowhere but in its environment. */
    @Test
    void theAgentKeepsOffNumbersThatTheApplicationIsTold() {
        cluster.add(
                """
                {apiVersion: apps/v1, kind: Deployment, metadata: {name: told, namespace: default}, spec: {template: {
                   metadata: {labels: {app: told}, annotations: {prometheus.io/port: '9903'}},
                   spec: {containers: [{name: app, args: ['--metrics=:9902'],
                     env: [{name: TCP_PORT, value: '9901'}],
                     ports: [{name: a, containerPort: 1}, {name: b, containerPort: 2}]}]}}}}
                """);
        service(
                "told",
                "clusterIP: 10.96.0.2, ports: [{name: a, port: 1, targetPort: a}, {name: b, port: 2, targetPort: b}]");
        assertEquals(
                List.of(9900, 9904),
                config("told").getContainers(0).getPortsList().stream()
                        .map(AgentPort::getAgentPort)
                        .toList());
    }

    @Test
    void theAgentKeepsOffPortsOfTheApplication() {
        workload("n", "", "[{name: a, containerPort: 9900}, {name: b, containerPort: 1}]");
        service(
                "n",
                "clusterIP: 10.96.0.2, ports: [{name: a, port: 1, targetPort: a}, {name: b, port: 2, targetPort: b}]");
        assertEquals(
                List.of(9901, 9902),
                config("n").getContainers(0).getPortsList().stream()
                        .map(AgentPort::getAgentPort)
                        .toList());
    }

    private void workload(String name, String annotations, String ports) {
        cluster.add(
                """
                {apiVersion: apps/v1, kind: Deployment, metadata: {name: %s}, spec: {template: {metadata:
                   {labels: {app: %s}, annotations: {%s}}, spec: {containers: [{name: app, ports: %s}]}}}}
                """
                        .formatted(name, name, annotations, ports));
    }

    private void service(String name, String spec) {
        service(name, name, spec);
    }

    private void service(String name, String app, String spec) {
        cluster.add("{apiVersion: v1, kind: Service, metadata: {name: %s}, spec: {selector: {app: %s}, %s}}"
                .formatted(name, app, spec));
    }

    private AgentConfig config(String name) {
        KubernetesWorkload workload = find(name);
        return sidecars.configFor(
                workload.ref(),
                workload.template().getMetadata(),
                workload.template().getSpec());
    }

    private String fault(String name, String service, String identifier) {
        return assertThrows(FaultException.class, () -> choose(name, service, wish(0, identifier)))
                .fault()
                .text();
    }

    private List<EngagedPort> choose(String name, String service, PortRequest... wishes) throws FaultException {
        KubernetesWorkload workload = find(name);
        EngagementSpec spec = new EngagementSpec(
                EngagementKind.INTERCEPT,
                "x",
                "default",
                name,
                "",
                service,
                "",
                "127.0.0.1",
                List.of(wishes),
                EngagementOptions.NONE);
        return ServicePorts.choose(workload.ref(), sidecars.ports(workload), spec, Optional.empty());
    }

    private KubernetesWorkload find(String name) {
        return cluster.workloads().in("default").stream()
                .filter(w -> w.ref().name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static PortRequest wish(int local, String identifier) {
        return new PortRequest(local, identifier);
    }
}
