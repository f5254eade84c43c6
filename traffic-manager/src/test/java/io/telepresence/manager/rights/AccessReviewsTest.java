package io.telepresence.manager.rights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.identity.Person;
import io.telepresence.run.Threads;
import io.telepresence.testing.FakeTime;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class AccessReviewsTest {
    private static final Access EXEC = new Access("create", "", "pods", "exec", "default", "");
    private static final Access ATTACH = new Access("create", "telepresence.io", "attachments", "", "default", "echo");
    private static final Person ALICE = FakeReviews.person("alice", "developers");

    private final FakeTime time = new FakeTime();
    private final FakeReviews api = new FakeReviews();
    private final AccessReviews reviews = api.reviews(time);

    private boolean may(Access... accesses) throws FaultException {
        return reviews.any(ALICE, List.of(accesses));
    }

    @Test
    void whatIsGrantedHoldsForAMinuteAndARefusalForFiveSeconds() throws Exception {
        api.grant("alice", EXEC.toString());
        assertTrue(may(EXEC));
        assertFalse(may(ATTACH));
        api.revoke("alice", EXEC.toString());
        api.grant("alice", ATTACH.toString());
        time.advance(AccessReviews.REFUSED.minusMillis(1));
        assertFalse(may(ATTACH));
        assertEquals(2, api.asked().size());
        time.advance(Duration.ofMillis(1));
        assertTrue(may(ATTACH));
        time.advance(AccessReviews.FRESH.minus(AccessReviews.REFUSED).minusMillis(1));
        assertTrue(may(EXEC));
        assertEquals(3, api.asked().size());
        time.advance(Duration.ofMillis(1));
        assertFalse(may(EXEC));
        assertEquals(4, api.asked().size());
    }

    @Test
    void anAnswerIsOfOnePersonWithItsGroups() throws Exception {
        api.grant("alice", EXEC.toString());
        assertTrue(may(EXEC));
        assertFalse(reviews.any(FakeReviews.person("bob"), List.of(EXEC)));
        reviews.any(FakeReviews.person("alice"), List.of(EXEC));
        assertEquals(3, api.asked().size(), "without her group she may be less");
    }

    @Test
    void whatWasGrantedBeforeIsAskedFirst() throws Exception {
        api.grant("alice", EXEC.toString());
        assertTrue(may(ATTACH, EXEC));
        assertEquals(2, api.asked().size());
        assertTrue(may(ATTACH, EXEC));
        assertEquals(2, api.asked().size());
        time.advance(Duration.ofMinutes(1));
        assertTrue(may(ATTACH, EXEC));
        assertEquals(List.of("alice " + EXEC), api.asked().subList(2, 3));
        assertEquals(3, api.asked().size());
    }

    @Test
    void whoAsksTheSameAtTheSameTimeGetsTheSameAnswer() throws Exception {
        int many = 20;
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        api.grant("alice", EXEC.toString());
        api.meanwhile(() -> {
            inside.countDown();
            await(goOn);
        });
        List<CompletableFuture<Boolean>> answers = new ArrayList<>();
        CountDownLatch asking = new CountDownLatch(many);
        for (int i = 0; i < many; i++) {
            CompletableFuture<Boolean> answer = new CompletableFuture<>();
            answers.add(answer);
            Threads.virtual("asks", () -> {
                asking.countDown();
                try {
                    answer.complete(may(EXEC));
                } catch (FaultException e) {
                    answer.completeExceptionally(e);
                }
            });
        }
        await(inside);
        await(asking);
        goOn.countDown();
        for (CompletableFuture<Boolean> answer : answers) {
            assertTrue(answer.get(10, TimeUnit.SECONDS));
        }
        assertEquals(1, api.asked().size());
    }

    @Test
    void fewAreAskedAtATime() throws Exception {
        CountDownLatch tooMany = new CountDownLatch(AccessReviews.AT_A_TIME + 1);
        CountDownLatch full = new CountDownLatch(AccessReviews.AT_A_TIME);
        CountDownLatch goOn = new CountDownLatch(1);
        api.meanwhile(() -> {
            full.countDown();
            tooMany.countDown();
            await(goOn);
        });
        List<CompletableFuture<Boolean>> answers = new ArrayList<>();
        for (int i = 0; i < 3 * AccessReviews.AT_A_TIME; i++) {
            Person person = FakeReviews.person("user" + i);
            CompletableFuture<Boolean> answer = new CompletableFuture<>();
            answers.add(answer);
            Threads.virtual("asks", () -> {
                try {
                    answer.complete(reviews.any(person, List.of(EXEC)));
                } catch (FaultException e) {
                    answer.completeExceptionally(e);
                }
            });
        }
        await(full);
        assertFalse(tooMany.await(200, TimeUnit.MILLISECONDS), "another one is asked");
        goOn.countDown();
        for (CompletableFuture<Boolean> answer : answers) {
            assertFalse(answer.get(10, TimeUnit.SECONDS));
        }
        assertEquals(3 * AccessReviews.AT_A_TIME, api.asked().size());
    }

    @Test
    void theOldestAnswersGo() throws Exception {
        for (int i = 0; i <= AccessReviews.MOST_ANSWERS; i++) {
            Access one = new Access("get", "", "pods", "", "ns" + i, "");
            assertFalse(may(one));
        }
        int before = api.asked().size();
        assertFalse(may(new Access("get", "", "pods", "", "ns1", "")));
        assertEquals(before, api.asked().size());
        assertFalse(may(new Access("get", "", "pods", "", "ns0", "")));
        assertEquals(before + 1, api.asked().size());
    }

    @Test
    void anApiServerThatIsAwayTakesNothingForHalfAnHour() throws Exception {
        api.grant("alice", EXEC.toString());
        assertTrue(may(EXEC));
        assertFalse(may(ATTACH));
        api.fails(0);
        time.advance(Duration.ofMinutes(30).minusSeconds(1));
        assertTrue(may(EXEC));
        FaultException e = assertThrows(FaultException.class, () -> may(ATTACH));
        assertEquals(Fault.Kind.UNREACHABLE, e.fault().kind());
        assertEquals(
                "the API server could not say whether alice may create attachments.telepresence.io \"echo\" in"
                        + " namespace \"default\"",
                e.fault().text());
        assertFalse(reviews.silentTooLong());
        time.advance(Duration.ofSeconds(1));
        assertThrows(FaultException.class, () -> may(EXEC));
        assertTrue(reviews.silentTooLong());
        api.recovers();
        time.advance(AccessReviews.PAUSE);
        assertTrue(may(EXEC));
        assertFalse(reviews.silentTooLong());
    }

    @Test
    void afterAFailureNotEverybodyWaitsForHisOwn() throws Exception {
        api.fails(0);
        assertThrows(FaultException.class, () -> may(EXEC));
        assertThrows(FaultException.class, () -> may(ATTACH));
        assertEquals(1, api.asked().size());
        time.advance(AccessReviews.PAUSE);
        assertThrows(FaultException.class, () -> may(ATTACH));
        assertEquals(2, api.asked().size());
    }

    @Test
    void whatTheApiServerRefusesToReviewStopsNothingElse() {
        api.fails(403);
        FaultException e = assertThrows(FaultException.class, () -> may(EXEC));
        assertTrue(
                e.fault()
                        .text()
                        .endsWith(": the traffic-manager itself may not create"
                                + " subjectaccessreviews.authorization.k8s.io"),
                e.fault()::toString);
        assertTrue(e.fault().remedy().contains("managerRbac.create=false"), e.fault()::toString);
        assertThrows(FaultException.class, () -> may(ATTACH));
        assertEquals(2, api.asked().size());
    }

    @Test
    void aReviewThatTakesTooLongIsGivenUp() throws Exception {
        CountDownLatch interrupted = new CountDownLatch(1);
        AccessReviews impatient = new AccessReviews(
                (person, access) -> {
                    try {
                        new CountDownLatch(1).await();
                    } catch (InterruptedException e) {
                        interrupted.countDown();
                        throw new IllegalStateException(e);
                    }
                    return true;
                },
                time,
                Duration.ofMillis(20));
        assertThrows(FaultException.class, () -> impatient.any(ALICE, List.of(EXEC)));
        assertTrue(interrupted.await(10, TimeUnit.SECONDS), "it holds its turn");
    }

    /** What goes over the wire. */
    @Test
    void theApiServerIsToldTheWholePerson() throws Exception {
        List<String> bodies = new ArrayList<>();
        HttpServer http = HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
        http.createContext("/", exchange -> {
            bodies.add(exchange.getRequestURI() + " "
                    + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            byte[] answer =
                    """
                    {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": {},
                     "status": {"allowed": true}}
                    """
                            .getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            exchange.sendResponseHeaders(201, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        http.start();
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl("http://127.0.0.1:" + http.getAddress().getPort())
                .build();
        try (KubernetesClient client =
                new KubernetesClientBuilder().withConfig(config).build()) {
            Person robot = new Person(
                    "system:serviceaccount:ci:robot",
                    "u-1",
                    List.of("system:serviceaccounts", "system:authenticated"),
                    Map.of("authentication.kubernetes.io/pod-name", List.of("job-1")));
            Access yaml = new Access("get", "telepresence.io", "logs", "yaml", "default", "");
            assertTrue(AccessReviews.with(client, time).any(robot, List.of(yaml)));
        } finally {
            http.stop(0);
        }
        assertEquals(1, bodies.size());
        String path = "/apis/authorization.k8s.io/v1/subjectaccessreviews ";
        assertTrue(bodies.getFirst().startsWith(path), bodies::toString);
        Map<?, ?> review =
                new KubernetesSerialization().unmarshal(bodies.getFirst().substring(path.length()), Map.class);
        Map<?, ?> spec = (Map<?, ?>) review.get("spec");
        assertEquals("system:serviceaccount:ci:robot", spec.get("user"));
        assertEquals("u-1", spec.get("uid"));
        assertEquals(List.of("system:serviceaccounts", "system:authenticated"), spec.get("groups"));
        assertEquals(Map.of("authentication.kubernetes.io/pod-name", List.of("job-1")), spec.get("extra"));
        Map<?, ?> asked = (Map<?, ?>) spec.get("resourceAttributes");
        assertEquals("telepresence.io", asked.get("group"));
        assertEquals("logs", asked.get("resource"));
        assertEquals("yaml", asked.get("subresource"));
        assertEquals("get", asked.get("verb"));
        assertEquals("default", asked.get("namespace"));
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(10, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
