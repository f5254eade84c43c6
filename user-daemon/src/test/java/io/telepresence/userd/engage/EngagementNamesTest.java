package io.telepresence.userd.engage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.telepresence.engagement.EngagementCodec;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.engagement.Engagement;
import io.telepresence.rpc.engagement.EngagementKind;
import io.telepresence.rpc.engagement.EngagementSpec;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EngagementNamesTest {
    private static final List<Entry> ALL = List.of(
            entry(EngagementKind.REPLACE, "echo/app", "echo", "app", "default"),
            entry(EngagementKind.INGEST, "echo/side", "echo", "side", "default"),
            entry(EngagementKind.INGEST, "echo.other/app", "echo", "app", "other"),
            entry(EngagementKind.INTERCEPT, "mine", "echo", "app", "default"),
            entry(EngagementKind.INTERCEPT, "web", "shop", "app", "default"),
            entry(EngagementKind.WIRETAP, "tap-1", "tapped", "app", "default"),
            entry(EngagementKind.WIRETAP, "tap-2", "tapped", "app", "default"));

    @ParameterizedTest(name = "leave {0} -c {1} -n {2}: {3}")
    @CsvSource({
        "echo/app, '', '', echo/app",
        "mine, '', '', mine",
        "echo, side, '', echo/side",
        "echo, app, other, echo.other/app",
        "echo, '', other, echo.other/app",
        "echo, app, default, echo/app",
        "shop, '', '', web",
        "shop, '', default, web",
    })
    void theOneThatIsMeant(String name, String container, String namespace, String found) throws Exception {
        assertEquals(
                found,
                EngagementNames.find(new EngagementNames.Wanted(name, container, namespace), ALL)
                        .told
                        .name());
    }

    @ParameterizedTest(name = "leave {0} -c {1}: {2}")
    @CsvSource({
        "echo, '', '\"echo\" has several engagements: echo/app (default), echo/side (default), echo.other/app (other)'",
        "tapped, '', '\"tapped\" has several engagements: tap-1 (default), tap-2 (default)'",
        "nobody, '', 'Intercept named \"nobody\" not found'",
        "web, other, 'Intercept named \"web\" not found'",
    })
    void theSentenceWhenNoneOrSeveralAreMeant(String name, String container, String text) {
        FaultException fault = assertThrows(
                FaultException.class, () -> EngagementNames.find(new EngagementNames.Wanted(name, container, ""), ALL));
        assertEquals(text, fault.fault().text());
    }

    private static Entry entry(EngagementKind kind, String name, String workload, String container, String namespace) {
        return new Entry(
                EngagementCodec.engagement(Engagement.newBuilder()
                                .setContainer(container)
                                .setSpec(EngagementSpec.newBuilder()
                                        .setKind(kind)
                                        .setName(name)
                                        .setWorkload(workload)
                                        .setNamespace(namespace))
                                .build())
                        .orElseThrow(),
                null);
    }
}
