package io.telepresence.manager.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.telepresence.manager.auth.TokenCheck.Verdict;
import io.telepresence.testing.FakeTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class TokenCheckTest {
    private static final String US = "traffic-manager";

    private final FakeTime time = new FakeTime();
    private final Instant later = time.instant().plusSeconds(600);
    private final AtomicInteger fetched = new AtomicInteger();
    private String published;
    private final TokenCheck check = new TokenCheck(
            new SigningKeys(
                    () -> {
                        fetched.incrementAndGet();
                        return published;
                    },
                    time),
            time);

    @Test
    void aSignedTokenIsKnownBeforeAnybodyIsAsked() throws Exception {
        for (TestTokens tokens : new TestTokens[] {TestTokens.rsa(), TestTokens.ec()}) {
            time.advance(SigningKeys.APART);
            published = tokens.keys("k1");
            String token = tokens.token("k1", US, later.plusSeconds(60));
            assertEquals(Verdict.SIGNED, check.checkAgain(token));
            assertEquals(Verdict.SIGNED, check.check(token));
        }
    }

    @Test
    void whatIsNotForUsOrNotGoodAnyMoreIsBad() throws Exception {
        TestTokens tokens = TestTokens.rsa();
        published = tokens.keys("k1");
        String good = tokens.token("k1", US, later);
        assertEquals(Verdict.SIGNED, check.checkAgain(good));
        String another = TestTokens.rsa().token("k1", US, later);
        String[] parts = good.split("\\.");
        String unbound = Base64.getUrlEncoder()
                .encodeToString(
                        ("{\"aud\":\"traffic-manager\",\"exp\":9999999999,\"sub\":\"system:serviceaccount:a:b\"}")
                                .getBytes());
        for (String bad : new String[] {
            "",
            "x",
            "a.b.c",
            "....",
            good + ".x",
            another,
            tokens.token("k1", "https://kubernetes.default.svc", later),
            tokens.token("k1", US, time.instant().minus(TokenCheck.LEEWAY).minusSeconds(1)),
            parts[0] + "." + unbound + "." + parts[2],
            parts[0] + "." + parts[1] + ".",
            "x".repeat(9_000) + ".." + good
        }) {
            assertEquals(Verdict.BAD, check.check(bad), bad);
        }
    }

    @Test
    void anUnknownKeyIsLookedForNowAndThenOnly() throws Exception {
        TestTokens tokens = TestTokens.rsa();
        published = tokens.keys("k1");
        String token = tokens.token("k2", US, later);
        for (int i = 0; i < 100; i++) {
            assertEquals(Verdict.UNKNOWN, check.checkAgain(token));
        }
        assertEquals(1, fetched.get());
        published = tokens.keys("k2");
        time.advance(SigningKeys.APART.plus(Duration.ofMillis(1)));
        assertEquals(Verdict.SIGNED, check.checkAgain(token));
    }
}
