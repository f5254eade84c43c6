package io.telepresence.agent.rules;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class TrafficRulesTest {
    private static final AppPort HTTP = new AppPort(AppPort.Transport.TCP, 8080);
    private static final Verdict.ToClient ANN = new Verdict.ToClient("ann:x", "127.0.0.1", 1);
    private static final Verdict.ToClient BOB = new Verdict.ToClient("bob:y", "127.0.0.1", 2);

    @Test
    void whatIsNotEngagedGoesToTheApp() {
        TrafficRules rules = TrafficRules.of(List.of(new TrafficRules.Rule(HTTP, ANN)));
        assertEquals(ANN, rules.verdict(HTTP));
        assertEquals(Verdict.TO_APP, rules.verdict(new AppPort(AppPort.Transport.UDP, 8080)));
        assertEquals(Verdict.TO_APP, rules.verdict(new AppPort(AppPort.Transport.TCP, 8081)));
        assertEquals(Verdict.TO_APP, TrafficRules.NONE.verdict(HTTP));
    }

    @Test
    void theFirstRuleOfAPortWins() {
        assertEquals(
                ANN,
                TrafficRules.of(List.of(new TrafficRules.Rule(HTTP, ANN), new TrafficRules.Rule(HTTP, BOB)))
                        .verdict(HTTP));
    }

    @Test
    void aPortIsInRange() {
        assertThrows(IllegalArgumentException.class, () -> new AppPort(AppPort.Transport.TCP, 0));
        assertThrows(IllegalArgumentException.class, () -> new AppPort(AppPort.Transport.TCP, 65536));
    }

    @Test
    void theAddressThatAnsweredIsTriedFirst() throws Exception {
        AppAddresses app = new AppAddresses(InetAddress.getByName("10.1.1.1"), 80);
        assertEquals(app.official(), app.get(app.first()));
        app.answered(app.first() + 1);
        assertEquals("/127.0.0.1:80", app.get(app.first()).toString());
        app.answered(app.first() + 2);
        assertEquals(app.official(), app.get(app.first()));
    }
}
