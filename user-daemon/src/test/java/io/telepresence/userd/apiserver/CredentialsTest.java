package io.telepresence.userd.apiserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.userd.apiserver.FakeApi.Answer;
import io.telepresence.userd.kubeconfig.CallerEnvironment;
import io.telepresence.userd.kubeconfig.CredentialPlugin;
import io.telepresence.userd.kubeconfig.KubeTarget;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Credentials that wear out while nobody is there are renewed by the next connect, and until then it is said. */
@Timeout(30)
class CredentialsTest {
    private final FakeApi api = new FakeApi();
    private int runs;
    private Optional<String> token = Optional.of("one");

    private CredentialPlugin.Answer run() throws FaultException {
        runs++;
        return new CredentialPlugin.Answer(
                token.orElseThrow(() -> Fault.denied("log in first", "").exception()), "", "", Instant.now());
    }

    private KubeTarget target(CredentialPlugin plugin) {
        return api.target(Map.of()).with(new KubeTarget.Via(plugin, "", CallerEnvironment.NONE));
    }

    @Test
    void theNextConnectRenewsThemAndUntilThenItIsSaid() throws Exception {
        ApiServer server = ApiServer.open(target(this::run));
        api.answers.put("/version", new Answer(200, "{}"));
        try (api;
                ClusterGateway gateway = new ClusterGateway(server, Duration.ofSeconds(5))) {
            gateway.version();
            assertEquals(Optional.empty(), server.trouble().get());

            token = Optional.empty();
            assertThrows(FaultException.class, gateway::version);
            assertEquals(Optional.of("log in first"), server.trouble().get());
            int before = runs;
            assertThrows(FaultException.class, gateway::version);
            assertEquals(before, runs, "a plugin that has just failed is left in peace");

            assertThrows(FaultException.class, () -> server.renew(target(this::run)));
            assertEquals(before + 1, runs, "but not where the user asks");
            server.renew(target(() -> new CredentialPlugin.Answer("two", "", "", Instant.MAX)));
            gateway.version();
            assertEquals(Optional.empty(), server.trouble().get());
            assertTrue(api.requests.stream().anyMatch(r -> r.contains("Bearer two")), api.requests::toString);
            server.renew(target(this::run));
            assertEquals(before + 1, runs, "good credentials are left alone");

            api.first.add(new Answer(401, "{}"));
            api.first.add(new Answer(401, "{}"));
            assertThrows(FaultException.class, gateway::version);
            assertTrue(server.trouble().get().orElse("").contains("does not accept"));
            gateway.version();
            assertFalse(server.trouble().get().isPresent());
        }
    }
}
