package io.telepresence.e2e.safety;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.harness.AnnotatedDeployment;
import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Result;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Pattern;

/** A workload whose agent is attacked: it answers HTTP and datagrams. */
public final class AttackVictim implements AutoCloseable {
    public static final int UDP_PORT = 9000;

    /** Of the laptop's program. */
    public static final int LOCAL_PORT = 8198;

    /** After so long nothing is left of a source that was silent: a minute, and what the agent is late. */
    public static final Duration REMEMBERED = Duration.ofSeconds(90);

    private static final int AGENT_MIB = 192;
    private static final String MANIFEST =
            """
            apiVersion: v1
            kind: Service
            metadata: {name: attacked, labels: {made-by: attack-it}}
            spec:
              selector: {app: attacked}
              ports: [{name: http, port: 80, targetPort: http}, {name: udp, protocol: UDP, port: 9000, targetPort: udp}]
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: attacked, labels: {made-by: attack-it}}
            spec:
              selector: {matchLabels: {app: attacked}}
              template:
                metadata:
                  labels: {app: attacked}
                  annotations: {telepresence.io/inject-traffic-agent: enabled}
                spec:
                  containers:
                  - name: work
                    image: localhost/echo:1
                    imagePullPolicy: Never
                    command: [/echo]
                    env: [{name: PORT, value: "8080"}, {name: UDP_PORT, value: "9000"}, {name: NAME, value: attacked}]
                    ports: [{name: http, containerPort: 8080}, {name: udp, protocol: UDP, containerPort: 9000}]
                    readinessProbe: {httpGet: {path: /healthz, port: 8080}, periodSeconds: 1}
            """;

    private String pod;
    private String ip;
    private ProcessHandle agent;
    private long filesBefore;

    public void start() throws IOException {
        Path file = Files.writeString(Laptop.home().resolve("attacked.yaml"), MANIFEST);
        Cluster.kubectl("apply", "-f", file.toString()).ok();
        AnnotatedDeployment.rolledOut("default", "attacked");
        pod = field("{.items[0].metadata.name}");
        ip = field("{.items[0].status.podIP}");
        agent = AgentProcesses.java(field("{.items[0].metadata.uid}"));
        datagram().ok().says("hi");
        filesBefore = files();
    }

    private static String field(String path) {
        return Cluster.kubectl("get", "pod", "-l", "app=attacked", "-o", "jsonpath=" + path)
                .ok()
                .stdout();
    }

    public String ip() {
        return ip;
    }

    /** What a source that is not the attacker's is answered; it says the same again after half a second. */
    public Result datagram() {
        // The shell's own read takes a byte at a time, which loses the rest of a datagram.
        String ask = "exec 3<>/dev/udp/" + ip + "/" + UDP_PORT + "; for i in {1..25}; do echo hi >&3; "
                + "timeout 0.5 head -n 1 <&3 | grep . && exit 0; done; exit 1";
        return Cluster.onNode(Duration.ofSeconds(20), "bash", "-c", ask);
    }

    public Result http() {
        return Cluster.onNode(Duration.ofSeconds(20), "curl", "-sS", "-m", "15", "http://" + ip + ":8080/");
    }

    /** What the agent's process has open. */
    public long files() {
        String[] files = new File("/proc/" + agent.pid() + "/fd").list();
        assertTrue(files != null, "the agent's process has gone");
        return files.length;
    }

    public boolean isAtRest() {
        return files() < filesBefore + 50;
    }

    public void assertUnharmed() {
        assertTrue(agent.isAlive(), "the agent's process is another one");
        assertUnharmed(pod);
    }

    /** The agent of this pod has not ended, and had less memory than it may have. */
    public static void assertUnharmed(String pod) {
        String restarts = Cluster.kubectl(
                        "get",
                        "pod",
                        pod,
                        "-o",
                        "jsonpath={.status.containerStatuses[*].restartCount}{.status.initContainerStatuses[*].restartCount}")
                .ok()
                .stdout();
        assertTrue(restarts.matches("[0 ]+"), restarts);
        Cluster.kubectl("logs", pod, "-c", "traffic-agent").ok().saysNot("starting it again");
        long peak = peakMiB("default", pod, "traffic-agent");
        assertTrue(peak < AGENT_MIB, "the agent had " + peak + " MiB");
    }

    /** Zero: there is none. */
    public long peakMiB() {
        return pod == null ? 0 : peakMiB("default", pod, "traffic-agent");
    }

    /** The most that a process of the container has had in memory; pages of its files count too. */
    public static long peakMiB(String namespace, String pod, String container) {
        String statuses = Cluster.kubectl(
                        "-n", namespace, "exec", pod, "-c", container, "--", "sh", "-c", "cat /proc/[0-9]*/status")
                .stdout();
        return Pattern.compile("VmHWM:\\s+(\\d+)")
                        .matcher(statuses)
                        .results()
                        .mapToLong(found -> Long.parseLong(found.group(1)))
                        .max()
                        .orElseThrow()
                >> 10;
    }

    @Override
    public void close() {
        Cluster.kubectl("delete", "--wait=false", "deployment,service", "-l", "made-by=attack-it");
    }
}
