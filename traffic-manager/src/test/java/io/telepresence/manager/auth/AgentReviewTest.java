package io.telepresence.manager.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.fabric8.kubernetes.api.model.authentication.TokenReviewStatus;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewStatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.run.Threads;
import io.telepresence.testing.FakeTime;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class AgentReviewTest {
    private final FakeTime time = new FakeTime();
    private int asked;
    private TokenReviewStatus answer = bound("echo-1", "uid-1", "traffic-manager");
    private final AgentReview review = new AgentReview(
            (token, audience) -> {
                asked++;
                if (answer == null) {
                    throw new KubernetesClientException("connection refused");
                }
                return answer;
            },
            time);

    @Test
    void theTokenOfThePodIsGood() throws Exception {
        review.check("t", "default", "echo-1", "uid-1");
        review.check("t", "default", "echo-1", "uid-1");
        assertEquals(1, asked, "remembered");
        time.advance(AgentReview.REMEMBERED.plus(Duration.ofSeconds(1)));
        review.check("t", "default", "echo-1", "uid-1");
        assertEquals(2, asked, "but not for long");
    }

    @Test
    void anotherPodsTokenIsNot() {
        assertEquals(Fault.Kind.DENIED, refused("t", "default", "echo-2", "uid-2"));
        assertEquals(Fault.Kind.DENIED, refused("t", "other", "echo-1", "uid-1"));
        assertEquals(Fault.Kind.DENIED, refused("t", "default", "echo-1", "uid-2"));
        assertEquals(Fault.Kind.DENIED, refused("", "default", "echo-1", "uid-1"));
    }

    @Test
    void aTokenThatIsBoundToNoPodIsNot() {
        answer = new TokenReviewStatusBuilder(answer)
                .editUser()
                .withExtra(Map.of())
                .endUser()
                .build();
        assertEquals(Fault.Kind.DENIED, refused("t", "default", "", ""));
    }

    @Test
    void aTokenForAnotherAudienceIsNot() {
        answer = bound("echo-1", "uid-1", "https://kubernetes.default.svc");
        assertEquals(Fault.Kind.DENIED, refused("t", "default", "echo-1", "uid-1"));
    }

    @Test
    void aSilentApiServerIsNoRefusal() {
        answer = null;
        assertEquals(Fault.Kind.UNREACHABLE, refused("t", "default", "echo-1", "uid-1"));
    }

    @Test
    void aRefusedTokenIsNotAskedAboutAgainForAWhile() {
        answer = new TokenReviewStatusBuilder().withAuthenticated(false).build();
        for (int i = 0; i < 10; i++) {
            assertEquals(Fault.Kind.DENIED, refused("t", "default", "echo-1", "uid-1"));
        }
        assertEquals(1, asked);
        time.advance(AgentReview.REMEMBERED.plus(Duration.ofSeconds(1)));
        assertEquals(Fault.Kind.DENIED, refused("t", "default", "echo-1", "uid-1"));
        assertEquals(2, asked);
    }

    @Test
    void madeUpTokensHaveFewReviewsAtATimeAndSignedOnesNeverWaitForThem() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        CountDownLatch busy = new CountDownLatch(2);
        AtomicInteger most = new AtomicInteger();
        AtomicInteger inside = new AtomicInteger();
        AgentReview slow = new AgentReview(
                (token, audience) -> {
                    if (token.startsWith("made-up")) {
                        most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                        busy.countDown();
                        try {
                            gate.await(10, TimeUnit.SECONDS);
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                        inside.decrementAndGet();
                    }
                    return answer;
                },
                time);
        for (int i = 0; i < 20; i++) {
            String token = "made-up-" + i;
            Threads.virtual(token, () -> {
                try {
                    slow.admit(token, false);
                } catch (FaultException e) {
                    inside.get();
                }
            });
        }
        busy.await();
        slow.admit("signed", true);
        gate.countDown();
        assertEquals(2, most.get());
    }

    private Fault.Kind refused(String token, String namespace, String pod, String uid) {
        return assertThrows(FaultException.class, () -> review.check(token, namespace, pod, uid))
                .fault()
                .kind();
    }

    private static TokenReviewStatus bound(String pod, String uid, String audience) {
        return new TokenReviewStatusBuilder()
                .withAuthenticated(true)
                .withAudiences(audience)
                .withNewUser()
                .withUsername("system:serviceaccount:default:default")
                .withExtra(Map.of(
                        "authentication.kubernetes.io/pod-name", List.of(pod),
                        "authentication.kubernetes.io/pod-uid", List.of(uid)))
                .endUser()
                .build();
    }
}
