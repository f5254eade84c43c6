package io.telepresence.manager.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** An agent, and what leads past it, keeps off each number that the pod's author wrote. */
class PodPortNumbersTest {
    @Test
    void everyPlaceWhereANumberMayStand() {
        Pod pod = FakeCluster.parse(
                """
                apiVersion: v1
                kind: Pod
                metadata:
                  annotations: {prometheus.io/port: "9101", telepresence.io/agent-config: "9199"}
                spec:
                  initContainers:
                  - {name: front, restartPolicy: Always, args: [--admin-address, "0.0.0.0:9102"]}
                  - {name: tel-agent-init, args: ["9198"]}
                  containers:
                  - name: app
                    command: [/app, -port=9103]
                    env: [{name: TCP_PORT, value: "9104"}, {name: URL, value: "tcp://[::]:9105/x?y=99999"},
                      {name: EMPTY}, {name: HASH, value: "a123456b"}]
                    ports: [{name: http, containerPort: 9106}]
                    livenessProbe: {httpGet: {port: 9107}}
                    readinessProbe: {grpc: {port: 9108}}
                    lifecycle: {preStop: {tcpSocket: {port: http}}, postStart: {tcpSocket: {port: "9109"}}}
                  - {name: traffic-agent, ports: [{containerPort: 9900}]}
                """);
        Set<Integer> written = new TreeSet<>(PodPortNumbers.written(pod.getMetadata(), pod.getSpec()));
        written.removeIf(number -> number < 9000);
        assertEquals(Set.of(9101, 9102, 9103, 9104, 9105, 9106, 9107, 9108, 9109), written);
    }
}
