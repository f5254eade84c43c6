package io.telepresence.cli.docker;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.telepresence.cli.docker.Docker.Output;
import io.telepresence.fault.FaultException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** API servers that are containers of the same engine, with the outputs of docker for kind, k3d and minikube. */
final class ApiServerRouteTest {
    private static final String GATEWAY = "host.docker.internal";

    private final Docker docker = new Docker((command, limit) -> answer(command));

    private static Output answer(List<String> command) {
        return switch (String.join(" ", command.subList(1, 3))) {
            case "ps --format" ->
                say(
                        """
                        a1 127.0.0.1:41235->6443/tcp
                        b2 80/tcp, 0.0.0.0:6550->6443/tcp, :::6550->6443/tcp
                        c3 127.0.0.1:32769->22/tcp, 127.0.0.1:32772->8443/tcp
                        d4 [::1]:7443->6443/tcp
                        e5 0.0.0.0:9000-9001->9000-9001/tcp, 0.0.0.0:9443->9443/udp
                        f6
                        """);
            case "inspect --format" ->
                say(
                        switch (command.getLast()) {
                            case "a1" -> "kind 172.18.0.2\n\n";
                            case "b2" -> "k3d-dev 172.19.0.3\n\n";
                            case "c3" -> "minikube 192.168.49.2\n\n";
                            default -> "host \nbridge 172.17.0.9\n";
                        });
            case "network ls" -> say("n1\nn2\nn3\n");
            case "network inspect" -> {
                assertEquals(List.of("n1", "n2", "n3"), command.subList(command.size() - 3, command.size()));
                yield say("bridge 172.17.0.0/16\nkind fc00:f853:ccd:e793::/64 172.18.0.0/16\nnone\n");
            }
            default -> throw new AssertionError(command);
        };
    }

    private static Output say(String out) {
        return new Output(0, out, "");
    }

    @ParameterizedTest
    @CsvSource({
        "https://127.0.0.1:41235, 172.18.0.2:6443, kind",
        "https://0.0.0.0:6550, 172.19.0.3:6443, k3d-dev",
        "https://localhost:6550, 172.19.0.3:6443, k3d-dev",
        "https://127.0.0.1:32772, 192.168.49.2:8443, minikube",
        "https://[::1]:7443, 172.17.0.9:6443, bridge",
        "https://127.0.0.1:6443, host.docker.internal:6443, ''",
        "https://[::1], host.docker.internal:443, ''",
        "https://127.0.0.1:9443, host.docker.internal:9443, ''",
        "https://172.18.0.5:6443, '', kind",
        "https://192.168.49.2:8443, '', ''",
        "https://172.40.0.1, '', ''",
        "https://8.8.8.8:6443, '', ''",
        "https://api.example.com, '', ''",
        "not a url, '', ''"
    })
    void howTheContainerGetsThere(String server, String dial, String network) throws FaultException {
        assertEquals(new ApiServerRoute(dial, network), ApiServerRoute.find(docker, server, GATEWAY));
    }

    @Test
    void withoutAHostGatewayALoopbackAddressStaysWhatItIs() throws FaultException {
        assertEquals(ApiServerRoute.AS_IT_IS, ApiServerRoute.find(docker, "https://127.0.0.1:6443", ""));
    }

    @Test
    void publicServersAreNobodysContainer() throws FaultException {
        Docker unasked = new Docker((command, limit) -> {
            throw new AssertionError(command);
        });
        assertEquals(ApiServerRoute.AS_IT_IS, ApiServerRoute.find(unasked, "https://api.example.com", GATEWAY));
    }
}
