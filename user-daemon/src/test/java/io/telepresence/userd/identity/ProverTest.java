package io.telepresence.userd.identity;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.identity.ProofKey;
import io.telepresence.userd.apiserver.ApiServer;
import io.telepresence.userd.apiserver.ClusterGateway;
import io.telepresence.userd.apiserver.FakeApi;
import io.telepresence.userd.health.HealthWarning;
import io.telepresence.userd.health.HealthWarnings;
import io.telepresence.userd.manager.Proof;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The user makes a ticket with its own credentials and shows it to the manager; whatever fails is told, until it works. */
@Timeout(60)
class ProverTest {
    private static final String REQUESTS = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
    private static final String SOON = "The traffic-manager will soon not know who you are any more: ";
    private static final String UNKNOWN = "The traffic-manager does not know who you are: ";
    private static final byte[] NONCE = HexFormat.of().parseHex("000102030405060708090a0b0c0d0e0f");

    private final FakeApi api = new FakeApi();
    private final HealthWarnings health = new HealthWarnings();
    private final ProofKey key = ProofKey.generate();
    private final Asking manager = new Asking();
    private boolean asked = true;
    private ClusterGateway gateway;
    private Prover prover;

    private static final class Asking implements Proof.Manager {
        boolean begins = true;
        Fault refusal;
        String shown = "";

        @Override
        public Optional<byte[]> begin() {
            return begins ? Optional.of(NONCE) : Optional.empty();
        }

        @Override
        public Proof.Proved prove(String ticket, byte[] nonce) throws FaultException {
            assertArrayEquals(NONCE, nonce);
            if (refusal != null) {
                throw refusal.exception();
            }
            shown = ticket;
            return new Proof.Proved("alice", Duration.ofMinutes(10));
        }
    }

    @BeforeEach
    void open() throws Exception {
        gateway = new ClusterGateway(
                ApiServer.open(api.target(Map.of("token", "t", "as", "alice"))), Duration.ofSeconds(10));
        prover = new Prover(new Tickets(gateway, key, "tel"), () -> asked, health);
        stamps();
    }

    @AfterEach
    void close() {
        gateway.close();
        api.close();
    }

    private void stamps() {
        answers(201, "{\"metadata\":{\"name\":\"telepresence-x7\"}}");
    }

    private void answers(int status, String body) {
        api.answers.put(REQUESTS, new FakeApi.Answer(status, body));
    }

    private Fault failure() {
        return assertThrows(FaultException.class, () -> prover.prove(manager)).fault();
    }

    private void assertWarned(String... sentences) {
        assertEquals(List.of(sentences), health.sentences());
    }

    @Test
    void theTicketNamesTheNonceAndTheManagerAndHasTheKey() throws Exception {
        prover.prove(manager);
        assertEquals("telepresence-x7", manager.shown);
        assertEquals("alice", prover.user());
        assertWarned();
        assertEquals(REQUESTS + " Bearer t alice", api.requests.take());
        String post = api.posts.take();
        assertTrue(post.startsWith("application/json "), post);
        JsonObject object =
                JsonParser.parseString(post.substring(post.indexOf('{'))).getAsJsonObject();
        JsonObject spec = object.getAsJsonObject("spec");
        String pem =
                new String(Base64.getDecoder().decode(spec.remove("request").getAsString()), StandardCharsets.US_ASCII);
        assertEquals(
                "{\"apiVersion\":\"certificates.k8s.io/v1\",\"kind\":\"CertificateSigningRequest\","
                        + "\"metadata\":{\"generateName\":\"telepresence-\"},"
                        + "\"spec\":{\"signerName\":\"telepresence.io/client\",\"usages\":[\"client auth\"],"
                        + "\"expirationSeconds\":600}}",
                object.toString());
        String[] lines = pem.split("\n");
        assertEquals("-----BEGIN CERTIFICATE REQUEST-----", lines[0]);
        String der = new String(
                Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", "")), StandardCharsets.ISO_8859_1);
        assertTrue(der.contains("telepresence-000102030405060708090a0b0c0d0e0f"), der);
        assertTrue(der.contains("tel"), der);
        assertTrue(der.contains(new String(key.publicKey(), StandardCharsets.ISO_8859_1)));
    }

    @Test
    void aMissingRightIsNoFailureButIsTold() throws Exception {
        answers(403, "{\"message\":\"User \\\"bob\\\" cannot create\"}");
        prover.prove(manager);
        assertEquals("", manager.shown);
        assertEquals("", prover.user());
        String right = "you have no right to create certificatesigningrequests.certificates.k8s.io"
                + " (User \"bob\" cannot create)";
        assertEquals(1, health.sentences().size());
        assertTrue(health.sentences().getFirst().startsWith(UNKNOWN + right + ". The value clientRbac.create=true"));
        Fault told = prover.unknown(Fault.denied("go away", ""));
        assertEquals(right, told.text());
        assertTrue(told.remedy().contains("ask the cluster's administrator"), told::remedy);
        assertTrue(prover.renew(manager).isZero());
        stamps();
        prover.renew(manager);
        assertWarned();
        assertEquals("go away", prover.unknown(Fault.denied("go away", "")).text(), "it has the right now");
    }

    @Test
    void aRightThatIsTakenAwayIsToldBeforeItMatters() throws Exception {
        prover.prove(manager);
        answers(403, "{}");
        // So that it is tried again before it matters: an API server that has just begun may say so for a moment.
        assertThrows(FaultException.class, () -> prover.renew(manager));
        assertEquals("alice", prover.user());
        assertTrue(health.sentences()
                .getFirst()
                .startsWith(SOON
                        + "you have no right to create certificatesigningrequests.certificates.k8s.io. The value"));
        // The manager has forgotten it: the next arrival.
        prover.prove(manager);
        assertEquals("", prover.user());
        prover.unknown(Fault.denied("go away", ""));
        assertFalse(health.has(HealthWarning.IDENTITY));
        assertTrue(health.has(HealthWarning.UNKNOWN_USER));
    }

    @Test
    void expiredCredentialsAreAFailureWithWhatToDo() throws Exception {
        prover.prove(manager);
        answers(401, "{}");
        Fault fault =
                assertThrows(FaultException.class, () -> prover.renew(manager)).fault();
        assertTrue(fault.text().contains("does not accept your credentials"), fault::text);
        assertEquals(1, health.sentences().size());
        assertTrue(health.sentences().getFirst().startsWith(SOON + fault.text()), health.sentences()::toString);
        assertTrue(health.sentences().getFirst().endsWith("Log in to the cluster again"));
        assertEquals("alice", prover.user(), "the manager knows it still");
        stamps();
        assertEquals(Duration.ofMinutes(10), prover.renew(manager));
        assertWarned();
    }

    @Test
    void aFailureBeforeAnArrivalMeansThatNobodyIsKnown() throws Exception {
        prover.prove(manager);
        answers(401, "{}");
        Fault fault = failure();
        assertEquals("", prover.user());
        assertEquals(fault, prover.unknown(fault));
        assertWarned(UNKNOWN + fault);
        assertThrows(FaultException.class, () -> prover.renew(manager));
        assertWarned(UNKNOWN + fault);
    }

    @Test
    void whatTheManagerRefusesIsTold() {
        manager.refusal = Fault.denied("the ticket is another manager's", "");
        assertEquals(manager.refusal, failure());
        assertEquals("", prover.user());
    }

    @Test
    void answersThatAreNoObjectAreTold() {
        for (String answer : List.of("", "[]", "{}", "{\"metadata\":{\"name\":{}}}")) {
            answers(201, answer);
            assertTrue(failure().text().endsWith("does not answer like an API server"), answer);
        }
    }

    @Test
    void aManagerThatDoesNotAskGetsNothingAndTheUserHearsIt() throws Exception {
        asked = false;
        prover.prove(manager);
        String old =
                UNKNOWN + "this traffic-manager does not ask who its users are. A newer one does: telepresence helm"
                        + " upgrade";
        assertWarned(old);
        asked = true;
        prover.prove(manager);
        assertWarned();
        manager.begins = false;
        prover.renew(manager);
        assertEquals("", prover.user());
        assertWarned(old);
        assertEquals(1, api.requests.size());
    }
}
