package io.telepresence.manager.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.manager.config.ManagerSettings;
import io.telepresence.manager.network.NetworkFacts;
import io.telepresence.rpc.manager.ClusterInfo;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClusterTranslatorTest {
    private static ClusterInfo info(String podIp, String hostIp) throws Exception {
        Map<String, String> environment = Map.of("POD_NAME", "m", "POD_IP", podIp, "HOST_IP", hostIp);
        NetworkFacts facts = new NetworkFacts(
                List.of(), List.of(), "cluster.local", Optional.empty(), Optional.empty(), List.of(), List.of());
        return ClusterTranslator.toWire(
                facts, ManagerSettings.of("{}", environment).pod(), "");
    }

    @Test
    void whoeverConnectsIsWarnedOfAManagerOnItsNodesNetwork() throws Exception {
        List<String> warnings = info("192.0.2.7", "192.0.2.7").getWarningsList();
        assertEquals(1, warnings.size());
        assertTrue(warnings.getFirst().contains("hostNetwork"), warnings::toString);
    }

    @ParameterizedTest
    @CsvSource({"10.1.2.3, 192.0.2.7", "'', ''", "10.1.2.3, ''"})
    void othersAreNot(String podIp, String hostIp) throws Exception {
        assertEquals(List.of(), info(podIp, hostIp).getWarningsList());
    }
}
