package io.telepresence.manager.inject;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.fault.FaultException;
import io.telepresence.manager.watch.ApiServerVersion;
import io.telepresence.manager.watch.ApiServerVersionTest;
import io.telepresence.rpc.agent.AgentConfig;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SidecarFormsTest {
    private static SidecarForms forms(String setting, String server) throws FaultException {
        Optional<ApiServerVersion> version =
                server == null ? Optional.empty() : Optional.of(ApiServerVersionTest.version(server));
        return new SidecarForms(SidecarForms.Setting.valueOf(setting.toUpperCase(Locale.ROOT)), Optional.empty())
                .on(version);
    }

    @ParameterizedTest
    @CsvSource({
        "auto, v1.20.2, CONTAINER",
        "auto, v1.31.9+k3s1, CONTAINER",
        "auto, v1.32.0, NATIVE",
        "auto, v1.36.3, NATIVE",
        "auto, , CONTAINER",
        "container, v1.36.3, CONTAINER",
        "native, v1.29.0, NATIVE",
        "native, , NATIVE"
    })
    void theValueAndTheAgeOfTheApiServerDecide(String setting, String server, SidecarForm expected)
            throws FaultException {
        assertEquals(expected, forms(setting, server).usual());
    }

    @Test
    void inPlaceOfAContainerItIsAnOrdinaryOne() throws FaultException {
        AgentConfig.Builder config = AgentConfig.newBuilder();
        config.addContainersBuilder().setName("app");
        assertEquals(SidecarForm.NATIVE, forms("auto", "v1.36.3").of(config.build()));
        config.addContainersBuilder().setName("worker").setReplaced(true);
        assertEquals(SidecarForm.CONTAINER, forms("auto", "v1.36.3").of(config.build()));
        assertEquals(SidecarForm.CONTAINER, forms("native", "v1.36.3").of(config.build()));
    }

    @Test
    void aNativeOneIsRefusedWhereThereAreNone() {
        FaultException e = assertThrows(FaultException.class, () -> forms("native", "v1.28.15"));
        assertTrue(
                e.fault().text().contains("1.28") && e.fault().text().contains("1.29"),
                e.fault().text());
    }
}
