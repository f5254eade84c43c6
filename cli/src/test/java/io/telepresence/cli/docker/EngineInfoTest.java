package io.telepresence.cli.docker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.telepresence.cli.docker.Docker.Output;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class EngineInfoTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            emptyValue = "",
            textBlock =
                    """
                    Debian GNU/Linux 12 (bookworm)|[name=apparmor name=seccomp,profile=builtin name=cgroupns]; ; ; true; SAME; true
                    Docker Desktop|[name=seccomp,profile=unconfined name=cgroupns]; ; ; false; SAME; false
                    Ubuntu 24.04.1 LTS|[name=seccomp,profile=builtin name=rootless name=cgroupns]; unix:///run/user/1000/docker.sock; ; true; ROOT_IS_THIS_USER; true
                    Ubuntu 24.04.1 LTS|[name=seccomp,profile=builtin name=userns]; ; ; false; STRANGERS; true
                    Ubuntu 24.04.1 LTS|[]; tcp://10.0.0.1:2375; ; false; SAME; true
                    Ubuntu 24.04.1 LTS|[]; ssh://far; ; false; SAME; true
                    Docker Desktop|[]; ; unix; true; SAME; false
                    Debian GNU/Linux 12 (bookworm)|[]; ; tcp; false; SAME; true
                    """)
    void whatKindOfEngine(
            String info, String host, String forced, boolean sharesSockets, EngineInfo.Users users, boolean addsGateway)
            throws FaultException {
        Docker docker = new Docker((command, limit) -> new Output(0, info, ""));
        Map<String, String> environment =
                Map.of("DOCKER_HOST", host == null ? "" : host, EngineInfo.TRANSPORT, forced == null ? "" : forced);
        assertEquals(new EngineInfo(sharesSockets, users, addsGateway), EngineInfo.of(docker, environment));
    }

    @Test
    void withoutAnEngineOneSentence() {
        Docker docker = new Docker((command, limit) -> new Output(
                1, "|[]", "Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?"));
        assertEquals(
                Fault.Kind.UNREACHABLE,
                assertThrows(FaultException.class, () -> EngineInfo.of(docker, Map.of()))
                        .fault()
                        .kind());
    }
}
