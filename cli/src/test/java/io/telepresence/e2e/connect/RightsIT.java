package io.telepresence.e2e.connect;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Project;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Session;
import io.telepresence.e2e.harness.Shell;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Who may do what: on the laptop without root or TUN, and in the cluster without a session. */
@ExtendWith(Session.class)
class RightsIT {
    private static final Laptop LAPTOP = new Laptop("developer");
    /** Where an account without a home has its files; no other run's. */
    private static final String NOBODY = "/tmp/tp-nobody-" + Laptop.home().getFileName();

    @AfterAll
    static void quit() {
        LAPTOP.telepresence("quit", "-s");
    }

    @Test
    void noTunDevice() {
        LAPTOP.run(
                        "unshare",
                        "--mount",
                        "sh",
                        "-c",
                        "mount -t tmpfs none /dev/net && exec " + Project.binary() + " connect")
                .failed()
                .says("/dev/net/tun");
        LAPTOP.telepresence("quit", "-s");
    }

    @Test
    void neitherRootNorSudo() {
        assumeTrue(nobody("version").exitCode() == 0, "other users cannot read " + Project.root());
        nobody("connect").failed().says("sudo cannot be run here");
        nobody("quit", "-s").ok();
        LAPTOP.run("rm", "-rf", NOBODY).ok();
    }

    @Test
    void anotherPodIsNoClient() {
        String ip = Cluster.kubectl(
                        "-n",
                        "ambassador",
                        "get",
                        "pod",
                        "-l",
                        "app=traffic-manager",
                        "-o",
                        "jsonpath={.items[0].status.podIP}")
                .ok()
                .stdout();
        // The clients' port is on the pod's loopback: from another pod there is nobody.
        Cluster.kubectl("exec", "caller", "--", "curl", "-sS", "-m", "5", "http://" + ip + ":8082/")
                .failed()
                .says("connect to server");
    }

    @Test
    void anotherPodIsNoAgent() {
        Cluster.kubectl(
                        "exec",
                        "caller",
                        "--",
                        "curl",
                        "-sS",
                        "-m",
                        "5",
                        "--http2-prior-knowledge",
                        "-D",
                        "-",
                        "-o",
                        "/dev/null",
                        "-X",
                        "POST",
                        "-H",
                        "content-type: application/grpc",
                        "-H",
                        "te: trailers",
                        "-H",
                        "authorization: Bearer not-a-token",
                        "--data-binary",
                        "@/dev/null",
                        "http://traffic-manager.ambassador:8081/telepresence.manager.AgentGate/ArriveAsAgent")
                .saysNot("grpc-status: 0");
    }

    private static Result nobody(String... arguments) {
        return LAPTOP.run(Shell.join(
                        List.of(
                                "unshare",
                                "--mount",
                                "sh",
                                "-c",
                                // Who has a sudo has none for the time of this command.
                                "sudo=$(command -v sudo) && mount --bind /dev/null \"$sudo\"; exec \"$@\"",
                                "sh",
                                "setpriv",
                                "--reuid=65534",
                                "--regid=65534",
                                "--clear-groups",
                                "env",
                                "HOME=/tmp",
                                "XDG_RUNTIME_DIR=" + NOBODY,
                                "XDG_CACHE_HOME=" + NOBODY + "/cache",
                                Project.binary().toString()),
                        arguments)
                .toArray(String[]::new));
    }
}
