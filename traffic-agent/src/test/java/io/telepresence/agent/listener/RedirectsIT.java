package io.telepresence.agent.listener;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The real nft in network namespaces of our own, a "pod" and a "caller" joined by a veth pair: what comes from outside
 * reaches the agent's port, what starts in the pod reaches the app's. Needs root, ip and nft.
 */
@Timeout(60)
class RedirectsIT {
    private static final String POD = "tp-agent-pod";
    private static final String CALLER = "tp-agent-caller";
    private static final Path NFT = Path.of("/usr/sbin/nft");
    private final List<Process> servers = new ArrayList<>();

    @BeforeEach
    void namespaces() throws Exception {
        assumeTrue(Files.isExecutable(NFT) && "root".equals(System.getProperty("user.name")));
        remove();
        run("ip", "netns", "add", POD);
        run("ip", "netns", "add", CALLER);
        run("ip", "-n", POD, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", CALLER);
        for (String namespace : List.of(POD, CALLER)) {
            String end = namespace.equals(POD) ? "1" : "2";
            run("ip", "-n", namespace, "addr", "add", "192.0.2." + end + "/24", "dev", "eth0");
            run("ip", "-n", namespace, "addr", "add", "2001:db8::" + end + "/64", "dev", "eth0", "nodad");
            run("ip", "-n", namespace, "link", "set", "lo", "up");
            run("ip", "-n", namespace, "link", "set", "eth0", "up");
        }
        serve(8080);
        serve(9900);
    }

    @AfterEach
    void remove() throws Exception {
        servers.forEach(Process::destroyForcibly);
        for (String namespace : List.of(POD, CALLER)) {
            new ProcessBuilder("ip", "netns", "del", namespace).start().waitFor();
        }
    }

    @Test
    void onlyWhatComesFromOutsideIsRedirected() throws Exception {
        assertEquals("8080", from(CALLER, "TCP", "192.0.2.1"), "before");
        String plan = "{\"managerHost\":\"m\",\"managerPort\":8081,\"containers\":[{\"name\":\"app\",\"ports\":["
                + "{\"containerPort\":8080,\"agentPort\":9900,\"redirect\":true,\"directPort\":9902},"
                + "{\"protocol\":\"UDP\",\"containerPort\":8080,\"agentPort\":9900,\"redirect\":true}]}]}";
        initContainer(plan);
        initContainer(plan);
        for (String protocol : List.of("TCP", "UDP")) {
            assertEquals("9900", from(CALLER, protocol, "192.0.2.1"), protocol);
            assertEquals("9900", from(CALLER, protocol, "2001:db8::1"), protocol);
            assertEquals("8080", from(POD, protocol, "192.0.2.1"), protocol);
            assertEquals("8080", from(POD, protocol, "2001:db8::1"), protocol);
            assertEquals("8080", from(POD, protocol, "127.0.0.1"), protocol);
        }
        servers.get(1).destroyForcibly().waitFor();
        for (String from : List.of(CALLER, POD)) {
            assertEquals("8080", fromPort(from, "TCP", "192.0.2.1", 9902), from + ", no agent");
            assertEquals("8080", fromPort(from, "TCP", "2001:db8::1", 9902), from + ", no agent");
        }
        assertEquals("8080", fromPort(POD, "TCP", "127.0.0.1", 9902));
        initContainer("{\"managerHost\":\"m\",\"managerPort\":8081}");
        assertEquals("8080", from(CALLER, "TCP", "192.0.2.1"), "after");
    }

    /** The init container's own program, in the pod's network and with its own view of /etc. */
    private static void initContainer(String plan) throws Exception {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        run(
                "ip",
                "netns",
                "exec",
                POD,
                "unshare",
                "-m",
                "sh",
                "-c",
                "mount -t tmpfs none /etc && mkdir /etc/traffic-agent && printf %s \"$0\" > /etc/traffic-agent/config"
                        + " && exec \"$@\"",
                plan,
                java,
                "-cp",
                System.getProperty("java.class.path"),
                "io.telepresence.agent.AgentMain",
                "agent-init");
    }

    /** In the pod: answers every connection and datagram on a port with the port's number. */
    private void serve(int port) throws IOException {
        Process server = java(POD, "serve", String.valueOf(port)).start();
        servers.add(server);
        assertEquals('+', server.getInputStream().read());
    }

    private static String from(String namespace, String protocol, String address) throws Exception {
        return fromPort(namespace, protocol, address, 8080);
    }

    private static String fromPort(String namespace, String protocol, String address, int port) throws Exception {
        return output(java(namespace, protocol, address, Integer.toString(port)).start());
    }

    private static ProcessBuilder java(String namespace, String... arguments) {
        List<String> command = new ArrayList<>(List.of("ip", "netns", "exec", namespace));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), PortNumber.class.getName()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    }

    private static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = output(process);
        assertEquals(0, process.exitValue(), String.join(" ", command) + ": " + said);
    }

    private static String output(Process process) throws Exception {
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor(20, TimeUnit.SECONDS);
        return said;
    }
}
