package io.telepresence.cli.docker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.telepresence.cli.docker.Docker.Output;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Docker's words, of its versions 20.10 to 28, as one sentence. */
final class DockerFaultsTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
                "ERROR: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"
                        + "\nerrors pretty printing info",
                "docker: Cannot connect to the Docker daemon at tcp://10.0.0.1:2375. Is the docker daemon running?.\n"
                        + "See 'docker run --help'.",
                "error during connect: Get \"http://host/v1.41/info\": dial tcp: lookup host: no such host"
            })
    void theEngineDoesNotAnswer(String said) {
        Fault fault = DockerFaults.of("x", failed(said));
        assertEquals(Fault.Kind.UNREACHABLE, fault.kind());
        assertTrue(
                fault.text().matches("the Docker engine does not answer: ([Cc]annot|Get|error during).*"),
                fault.text());
        assertFalse(fault.toString().contains("\n"));
        assertTrue(fault.remedy().contains("systemctl start docker"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Got permission denied while trying to connect to the Docker daemon socket at"
                        + " unix:///var/run/docker.sock: Get \"http://%2Fvar%2Frun%2Fdocker.sock/v1.24/info\": dial unix"
                        + " /var/run/docker.sock: connect: permission denied",
                "permission denied while trying to connect to the Docker daemon socket at unix:///run/mine: Get"
                        + " \"http://%2Frun%2Fmine/v1.50/info\": dial unix /run/mine: connect: permission denied"
            })
    void noRightToTheSocket(String said) throws Exception {
        assertEquals(
                "you have no right to use the Docker engine: its socket denies you access. Join the group docker"
                        + " and log in again, or use a rootless engine",
                DockerFaults.of("x", failed(said)).toString());
        // Nothing is pulled then: there is nobody to pull it.
        Docker docker = new Docker((command, limit) -> failed(said));
        assertEquals(
                Fault.Kind.DENIED,
                assertThrows(FaultException.class, () -> docker.image("img"))
                        .fault()
                        .kind());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            textBlock =
                    """
                    docker: Error response from daemon: Conflict. The container name "/x" is already in use by container "5ab". You have to remove (or rename) that container to be able to reuse that name. | cannot start it: a container of that name already exists. Give another --name, or remove that container
                    docker: Error response from daemon: driver failed programming external connectivity on endpoint x (5ab): Bind for 0.0.0.0:80 failed: port is already allocated. | cannot start it: the port 0.0.0.0:80 is taken already. Publish another port, or free this one
                    docker: Error response from daemon: driver failed programming external connectivity on endpoint x (5ab): Error starting userland proxy: listen tcp4 127.0.0.1:80: bind: address already in use. | cannot start it: the port 127.0.0.1:80 is taken already. Publish another port, or free this one
                    docker: Error response from daemon: failed to set up container networking: driver failed programming external connectivity on endpoint x (5ab): Bind for [::]:80 failed: port is already allocated | cannot start it: the port [::]:80 is taken already. Publish another port, or free this one
                    docker: Error response from daemon: failed to set up container networking: driver failed programming external connectivity on endpoint x (5ab): failed to bind host port for 0.0.0.0:80:172.17.0.2:80/tcp: address already in use | cannot start it: the port 0.0.0.0:80 is taken already. Publish another port, or free this one
                    docker: Error response from daemon: failed to bind host port 127.0.0.1:80/tcp: address already in use | cannot start it: the port 127.0.0.1:80 is taken already. Publish another port, or free this one
                    unknown flag: --frobnicate | cannot start it: unknown flag: --frobnicate
                    docker: Error response from daemon: invalid mount config. | cannot start it: invalid mount config
                    """)
    void whatWasAskedForCannotBe(String said, String want) {
        Output output = failed(said + "\n\nSee 'docker run --help'.\nRun 'docker run --help' for more information\n");
        assertEquals(want, DockerFaults.of("start it", output).toString());
    }

    @Test
    void onlyATakenNameIsATakenName() {
        Output taken = failed("Conflict. The container name \"/x\" is already in use by container \"5ab\".");
        assertTrue(DockerFaults.isNameTaken(DockerFaults.of("create it", taken)));
        assertFalse(DockerFaults.isNameTaken(DockerFaults.of("create it", failed("no space left on device"))));
    }

    @Test
    void whatTakesTooLongSaysSo() {
        Output late = new Output(124, "", "it did not end within 60 s");
        assertEquals(
                "cannot start it: docker it did not end within 60 s",
                DockerFaults.of("start it", late).toString());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    Error response from daemon: pull access denied for img, repository does not exist or may require 'docker login': denied | there is no such image
                    Error response from daemon: manifest for img:9 not found: manifest unknown: manifest unknown | there is no such image
                    Error response from daemon: Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host | Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host
                    """)
    void anImageThatCannotBeHad(String said, String why) {
        Docker docker =
                new Docker((command, limit) -> failed(command.contains("pull") ? said : "Error: No such image: img"));
        Fault fault =
                assertThrows(FaultException.class, () -> docker.image("img")).fault();
        assertEquals(
                "the image img is not in this engine and cannot be pulled: " + why
                        + ". Check its name, or load it with \"docker load\"",
                fault.toString());
    }

    @Test
    void pullsMayTakeLongerThanOtherThings() throws Exception {
        List<Duration> limits = new ArrayList<>();
        Docker docker = new Docker((command, limit) -> {
            limits.add(limit);
            return command.contains("pull") ? new Output(0, "", "") : failed("Error: No such image: img");
        });
        docker.image("img");
        assertEquals(List.of(Duration.ofSeconds(60), Duration.ofMinutes(30)), limits);
    }

    @Test
    void noDockerCommand() {
        Docker docker = new Docker((command, limit) -> {
            throw new IOException("Cannot run program \"docker\": error=2, No such file or directory");
        });
        assertEquals(
                "the command docker cannot be run on this machine: it is not installed, or not on the PATH. Install"
                        + " Docker, or connect without --docker",
                assertThrows(FaultException.class, () -> docker.run("info"))
                        .fault()
                        .toString());
    }

    /** The real command, with an engine that is not there. */
    @Test
    void theRealCommandWithoutAnEngine() throws Exception {
        Docker docker = Docker.ofThisMachine();
        Output output;
        try {
            output = docker.run(
                    "--host=unix://" + directory.resolve("nobody.sock"), "info", "--format", "{{.OperatingSystem}}");
        } catch (FaultException e) {
            assumeTrue(false, "there is no docker command here");
            return;
        }
        assertFalse(output.ok());
        assertEquals(Fault.Kind.UNREACHABLE, DockerFaults.of("x", output).kind());
    }

    private static Output failed(String err) {
        return new Output(125, "", err);
    }
}
