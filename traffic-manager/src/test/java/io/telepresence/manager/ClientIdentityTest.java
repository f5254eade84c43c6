package io.telepresence.manager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.grpc.Status;
import io.telepresence.identity.ProofKey;
import io.telepresence.manager.Conversation.Answers;
import io.telepresence.manager.identity.TestTickets;
import io.telepresence.rpc.common.Empty;
import io.telepresence.rpc.common.VersionInfo;
import io.telepresence.rpc.engagement.Engagement;
import io.telepresence.rpc.manager.ClientArrival;
import io.telepresence.rpc.manager.ClientBeat;
import io.telepresence.rpc.manager.ClientSession;
import io.telepresence.rpc.manager.ProofChallenge;
import io.telepresence.rpc.manager.ProofTicket;
import io.telepresence.rpc.manager.RemainReply;
import io.telepresence.rpc.manager.WorkloadQuery;
import io.telepresence.rpc.manager.WorkloadSnapshot;
import io.telepresence.rpc.tunnel.Dial;
import io.telepresence.rpc.tunnel.Frame;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A manager that asks its clients who they are: what it does for whom, over real connections. */
@Timeout(120)
class ClientIdentityTest {
    private static final Set<String> FOR_ALL = Set.of("Version", "BeginProof", "Prove", "Remain");

    @TempDir
    Path directory;

    private TwoClients rig;

    private void open(String requiredGrant) throws Exception {
        rig = new TwoClients(directory, requiredGrant);
    }

    @AfterEach
    void close() throws Exception {
        rig.close();
    }

    private static boolean known(Conversation talk, String session) throws Exception {
        ClientBeat beat = ClientBeat.newBuilder().setSessionId(session).build();
        return talk.get("Remain", beat, RemainReply.class).getKnown();
    }

    private static boolean dials(Conversation talk, String session) throws Exception {
        Answers flow = talk.flow(
                TwoClients.open(session).setDial(Dial.getDefaultInstance()).build());
        return flow.answered()
                && !(flow.only() instanceof Frame frame
                        && frame.hasReset()
                        && frame.getReset().getText().contains("no such session"));
    }

    /** Nothing of the port does anything for somebody who is not known. */
    private void assertStranger(Conversation talk, String says) throws Exception {
        for (Map.Entry<String, Message> question : rig.questions(rig.annSession).entrySet()) {
            if (!FOR_ALL.contains(question.getKey())) {
                Answers answers = talk.begin(question.getKey(), question.getValue());
                assertFalse(answers.answered(), question.getKey());
                assertEquals(
                        Status.UNAUTHENTICATED.withDescription(says).toString(),
                        answers.end().toString(),
                        question.getKey());
            }
        }
        assertFalse(dials(talk, rig.annSession));
        assertFalse(known(talk, rig.annSession));
        assertTrue(talk.get("Version", Empty.getDefaultInstance(), VersionInfo.class)
                        .getProtocol()
                > 0);
    }

    @Test
    void anOlderClientHearsThatItIsTooOld() throws Exception {
        open("exec");
        Conversation old = rig.stranger();
        String says = "this traffic-manager asks who its users are, and this client is too old to say so";
        assertStranger(old, says);
        assertTrue(old.heard().stream().anyMatch(t -> t.contains("Upgrade the client")));
        assertFalse(old.begin("BeginProof", Empty.getDefaultInstance()).answered());
        assertTrue(known(rig.ann, rig.annSession));
    }

    @Test
    void whoHasAKeyAndNoUserHearsSo() throws Exception {
        open("exec");
        assertStranger(rig.keyHolder(ProofKey.generate()), "the traffic-manager does not know who you are");
    }

    @Test
    void aStolenSessionIdIsWorthNothingOnAnotherKey() throws Exception {
        open("exec");
        String stolen = rig.annSession;
        for (Map.Entry<String, Message> question : rig.questions(stolen).entrySet()) {
            switch (question.getKey()) {
                case "Version", "BeginProof", "Prove" -> {}
                case "Remain" -> assertFalse(known(rig.bob, stolen));
                case "Depart" -> rig.bob.ask("Depart", question.getValue());
                case "ArriveAsClient" -> {
                    ClientArrival thief = TwoClients.arrival("ann").toBuilder()
                            .setResumeSessionId(stolen)
                            .build();
                    ClientSession got = rig.bob.get("ArriveAsClient", thief, ClientSession.class);
                    assertFalse(got.getResumed());
                    assertNotEquals(stolen, got.getSessionId());
                    ClientArrival seated =
                            thief.toBuilder().clearResumeSessionId().build();
                    rig.bob.get("ArriveAsClient", seated, ClientSession.class);
                }
                default -> {
                    Answers answers = rig.bob.begin(question.getKey(), question.getValue());
                    assertFalse(answers.answered(), question.getKey());
                    assertTrue(answers.end().getDescription().contains("does not know this session"));
                }
            }
        }
        assertFalse(dials(rig.bob, stolen));
        assertTrue(known(rig.ann, stolen), "it is hers as before");
        assertTrue(dials(rig.ann, stolen));
    }

    @Test
    void everybodySeesNamesOfPeople() throws Exception {
        open("exec");
        rig.annEngagesEverything();
        List<Engagement> hers = rig.annEngagements();
        assertEquals(Set.of("alice (ann@laptop)"), clients(hers));
        WorkloadSnapshot list = rig.bob.get(
                "ListWorkloads",
                WorkloadQuery.newBuilder().setSessionId(rig.bobSession).build(),
                WorkloadSnapshot.class);
        assertTrue(Conversation.strings(list).anyMatch("alice (ann@laptop)"::equals), list::toString);
    }

    private static Set<String> clients(List<Engagement> engagements) {
        return engagements.stream().map(Engagement::getClient).collect(Collectors.toSet());
    }

    @Test
    void aTicketIsUsedOnceAndBySomebodyElseNever() throws Exception {
        open("exec");
        ProofKey key = ProofKey.generate();
        Conversation mallory = rig.keyHolder(ProofKey.generate());
        Conversation carol = rig.keyHolder(key);
        ByteString nonce = carol.get("BeginProof", Empty.getDefaultInstance(), ProofChallenge.class)
                .getNonce();
        String path = "/apis/certificates.k8s.io/v1/certificatesigningrequests/telepresence-carol";
        String stored =
                Serialization.asJson(TestTickets.ticket("carol", "telepresence-carol", key, nonce.toByteArray()));
        rig.api.with(path, stored);
        ProofTicket ticket = ProofTicket.newBuilder()
                .setName("telepresence-carol")
                .setNonce(nonce)
                .build();
        for (Conversation thief : List.of(mallory, rig.bob)) {
            assertInvalid(thief.ask("Prove", ticket));
        }
        assertTrue(carol.begin("Prove", ticket).answered());
        rig.api.with(path, stored);
        assertInvalid(carol.ask("Prove", ticket));
        assertInvalid(mallory.ask("Prove", ticket));
        assertFalse(rig.stranger().begin("Prove", ticket).answered());
    }

    private static void assertInvalid(Answers answers) throws Exception {
        assertEquals(
                Status.PERMISSION_DENIED
                        .withDescription("the ticket is not valid")
                        .toString(),
                answers.end().toString());
    }

    @Test
    void withPortforwardStrangersGoOnAndStayApart() throws Exception {
        open("portforward");
        assertTrue(dials(rig.ann, rig.annSession));
        rig.annEngagesEverything();
        assertEquals(Set.of("ann@laptop"), clients(rig.annEngagements()));
        ProofKey key = ProofKey.generate();
        Conversation carol = rig.keyHolder(key);
        String session = carol.get("ArriveAsClient", TwoClients.arrival("carol"), ClientSession.class)
                .getSessionId();
        assertTrue(known(carol, session));
        assertFalse(known(rig.bob, session), "a key is asked for where there is one");
        assertEquals("carol", rig.prove(carol, "carol", key).getUser());
        assertTrue(known(carol, session), "the session goes on");
    }
}
