package io.telepresence.e2e.docker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.ClusterEnv;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Shell;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The client's image in the laptop's Docker engine, run by a developer without root: each program that the daemons call
 * is there with its libraries, and the start-up caches are valid.
 */
@ExtendWith(DockerSession.class)
class DockerImageIT {
    private static final Set<String> TOP_LEVEL = Set.of(
            ".telepresence",
            "bin",
            "dev",
            "etc",
            "lib",
            "lib64",
            "opt",
            "proc",
            "root",
            "run",
            "sbin",
            "sys",
            "tmp",
            "usr",
            "var");

    private static String image;

    @BeforeAll
    static void find() {
        image = developer("docker", "images", "--format", "{{.Repository}}:{{.Tag}}", "*/telepresence/telepresence")
                .ok()
                .stdout()
                .strip();
    }

    @Test
    void theEntryPointIsTheCommandLine() {
        run("version").ok().says(": v0.");
        run("no-such-command").failed().says("no-such-command");
    }

    @Test
    void curlReachesTheApiServer() {
        run("--entrypoint", "curl", image, "-sSk", ClusterEnv.apiServer() + "/version")
                .ok()
                .says("gitVersion");
        // Authorities are there, and this one is none of them.
        run("--entrypoint", "curl", image, "-sS", ClusterEnv.apiServer() + "/version")
                .failed()
                .says("unable to get local issuer certificate");
    }

    @Test
    void programsOfTheNetwork() {
        in("ip -j addr").ok().says("\"local\":\"127.0.0.1\"");
        in("nft add table inet mine && nft list ruleset", "--cap-add=NET_ADMIN")
                .ok()
                .says("table inet mine");
        in("nsenter --net=/proc/self/ns/net ip -j route", "--cap-add=SYS_ADMIN")
                .ok()
                .says("default");
    }

    @Test
    void capabilitiesForAnotherUser() {
        in(
                        "setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps +net_admin --ambient-caps +net_admin"
                                + " sh -c 'id -u; ip link add name br7 type bridge && ip -j link show br7'",
                        "--cap-add=NET_ADMIN")
                .ok()
                .says("1000\n")
                .says("\"ifname\":\"br7\"");
    }

    @Test
    void fileSystems() {
        in("sshfs -V && fusermount3 -V").ok().says("SSHFS version");
    }

    @Test
    void cachesOfTheDaemonsAreValid() {
        // With "on" the runtime ends where it would else go without a cache.
        String userDaemon = in(
                        "mkdir -p /tmp/run && XDG_RUNTIME_DIR=/tmp/run telepresence userd & "
                                + "for i in $(seq 100); do [ -S /tmp/run/telepresence/userd.socket ] && break; sleep 0.1; done; "
                                + "XDG_RUNTIME_DIR=/tmp/run telepresence version",
                        "--env=TELEPRESENCE_USERD_JAVA_OPTS=-XX:AOTMode=on")
                .ok()
                .stdout();
        assertTrue(userDaemon.matches("(?s).*User Daemon *: v.*"), userDaemon);
        in(
                        "telepresence rootd --owner 0 & "
                                + "for i in $(seq 100); do [ -S /run/telepresence/rootd.socket ] && exit 0; sleep 0.1; done; exit 1",
                        "--cap-add=NET_ADMIN",
                        "--device=/dev/net/tun",
                        "--env=TELEPRESENCE_ROOTD_JAVA_OPTS=-XX:AOTMode=on")
                .ok();
    }

    /** Nothing of the machine that builds gets into an image by its place there. */
    @Test
    void noImageHoldsFoldersOfTheBuild() {
        for (String name : List.of("telepresence", "traffic-manager", "traffic-agent")) {
            String files = shell("tar -xOf " + tar(name) + " layer.tar | tar -t | cut -d/ -f2 | sort -u")
                    .ok()
                    .stdout();
            Set<String> strange = new TreeSet<>(List.of(files.strip().split("\n")));
            strange.removeAll(TOP_LEVEL);
            assertEquals(Set.of(), strange, name);
        }
    }

    /** A script in a new container. */
    private static Result in(String script, String... options) {
        return run(Shell.join(
                        Shell.join(List.of(options), "--entrypoint", "sh", image, "-c"),
                        "PATH=$PATH:/opt/telepresence/bin; " + script)
                .toArray(String[]::new));
    }

    /** A new container: of the image, where the words do not name it after options of their own. */
    private static Result run(String... words) {
        List<String> all = Shell.join(
                List.of("docker", "run", "--rm"), words[0].startsWith("-") ? new String[0] : new String[] {image});
        return developer(Shell.join(all, words).toArray(String[]::new));
    }

    private static Result developer(String... command) {
        return Cluster.script(Shell.join(List.of("laptop", "--as", DockerUser.account(), "--"), command)
                .toArray(String[]::new));
    }

    private static Result shell(String script) {
        return Shell.run(Map.of(), Duration.ofSeconds(60), List.of("sh", "-c", script));
    }

    private static Path tar(String name) {
        return Cluster.images().resolve(name + ".tar");
    }
}
