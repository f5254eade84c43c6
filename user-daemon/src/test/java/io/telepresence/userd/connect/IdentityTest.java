package io.telepresence.userd.connect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.agree.Routing;
import io.telepresence.fault.Fault;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A second connect that wants something else is told what. */
class IdentityTest {
    private static Identity identity(String context, String token, String namespace, List<String> never) {
        return new Identity(
                "https://192.0.2.1:6443",
                context,
                Map.of("token", token),
                namespace,
                "ambassador",
                List.of(),
                new Routing(Map.of(Routing.Rule.NEVER_PROXY, never)));
    }

    @Test
    void anotherNamespaceIsNoChangeOfTheCluster() {
        Fault fault =
                Connector.other(identity("dev", "t", "default", List.of()), identity("dev", "t", "other", List.of()));
        assertEquals("already connected, with namespace default, not other", fault.text());
        assertTrue(fault.remedy().contains("telepresence quit"), fault::remedy);
        assertTrue(fault.remedy().contains("--name"), fault::remedy);
    }

    @Test
    void everythingThatDiffersIsNamedButNoCredential() {
        Fault fault = Connector.other(
                identity("dev", "secret-1", "default", List.of("10.0.0.0/8")),
                identity("prod", "secret-2", "default", List.of()));
        assertEquals(
                "Cluster configuration changed, please quit telepresence and reconnect: connected with context dev, not"
                        + " prod; the user of the kubeconfig; never-proxy 10.0.0.0/8, not (none)",
                fault.text());
        assertFalse(fault.toString().contains("secret"));
    }
}
