package io.telepresence.manager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.telepresence.manager.Conversation.Answers;
import io.telepresence.rpc.agent.AgentBeat;
import io.telepresence.rpc.agent.AgentGateGrpc;
import io.telepresence.rpc.engagement.Engagement;
import io.telepresence.rpc.engagement.EngagementKind;
import io.telepresence.rpc.manager.ClientArrival;
import io.telepresence.rpc.manager.ClientBeat;
import io.telepresence.rpc.manager.ClientSession;
import io.telepresence.rpc.manager.DialRequest;
import io.telepresence.rpc.manager.ManagerGrpc;
import io.telepresence.rpc.manager.RemainReply;
import io.telepresence.rpc.manager.SessionRef;
import io.telepresence.rpc.tunnel.Dial;
import io.telepresence.rpc.tunnel.Frame;
import io.telepresence.text.Printable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * No client learns another's credential: Ann engages, Bob asks for everything that a client can ask for, agents hear
 * what they hear, and nothing of all that is taken by the manager for Ann's session.
 */
@Timeout(120)
class CredentialsTest {
    private static final Pattern WORD = Pattern.compile("[\\w-]+");
    private static final Pattern HEX = Pattern.compile("[0-9a-f]{32,}");
    /** What is shorter is not tried with every call. */
    private static final int SECRET = 16;

    @TempDir
    Path directory;

    private TwoClients rig;

    @BeforeEach
    void open() throws Exception {
        rig = new TwoClients(directory);
    }

    @AfterEach
    void close() throws Exception {
        rig.close();
    }

    @Test
    void everyCallOfAClientIsAsked() {
        assertEquals(methods(), rig.questions("").keySet(), "a call that TwoClients.questions does not ask");
    }

    @Test
    void nothingThatASecondClientCanLearnIsAnothersCredential() throws Exception {
        rig.bobListens();
        rig.annEngagesEverything();
        rig.bobAsksEverything();
        List<String> told = new ArrayList<>(rig.bob.heard());
        assertTrue(told.stream().anyMatch(t -> t.contains("ann@laptop")), "he sees her engagements");
        assertTrue(told.stream().anyMatch(t -> t.contains("client ann@laptop arrived")), "he reads the log");
        assertHidden(told);
        told.addAll(rig.agents.heard());
        assertHidden(rig.agents.heard());
        for (String word : words(told)) {
            assertAccepted(false, word);
        }
        assertTrue(known(rig.annSession), "nobody has ended her session");
        assertAccepted(true, rig.annSession);
    }

    @Test
    void herOwnEngagementsHaveIdsThatSayNothingAndStay() throws Exception {
        rig.annEngagesEverything();
        List<Engagement> before = rig.annEngagements();
        assertEquals(4, before.size());
        for (Engagement engagement : before) {
            assertTrue(
                    engagement
                            .getId()
                            .matches("[0-9a-f]{32}:"
                                    + Pattern.quote(engagement.getSpec().getName())),
                    engagement::getId);
        }
        assertEquals(
                4,
                before.stream().map(e -> e.getId().substring(0, 32)).distinct().count());
        DialRequest dial = rig.annIsDialled();
        assertEquals(TwoClients.named(before, "echo").getId(), dial.getEngagementId());
        ClientSession again = rig.annComesBackToANewManager(before);
        assertEquals(rig.annSession, again.getSessionId(), "her session goes on");
        assertEquals(
                before.stream().map(Engagement::getId).collect(Collectors.toSet()),
                rig.annEngagements().stream().map(Engagement::getId).collect(Collectors.toSet()),
                "her programs know them by these");
    }

    @Test
    void whatAnOlderManagerShowedIsWorthNothingHere() throws Exception {
        String shown = "0123456789abcdef0123456789abcdef";
        Engagement had = Engagement.newBuilder()
                .setId(shown + ":echo")
                .setSpec(TwoClients.spec(EngagementKind.WIRETAP, "echo", "echo"))
                .setDisposition("ACTIVE")
                .setPodIp("10.244.0.5")
                .build();
        ClientSession now = rig.ann.get(
                "ArriveAsClient",
                TwoClients.arrival("ann").toBuilder()
                        .setResumeSessionId(shown)
                        .addEngagements(had)
                        .build(),
                ClientSession.class);
        assertNotEquals(shown, now.getSessionId(), "every client of the older manager has seen it");
        assertFalse(now.getResumed());
        assertFalse(known(shown));
        assertTrue(known(now.getSessionId()));
        rig.annSession = now.getSessionId();
        assertEquals(List.of("echo"), TwoClients.names(rig.annEngagements()), "the older client has what it had");
    }

    /** Neither her session nor her seat, nor a part of them that would do. */
    private void assertHidden(List<String> texts) {
        for (String secret : List.of(rig.annSession, hexOf(rig.annSession), TwoClients.ANNS_SEAT)) {
            assertEquals(
                    List.of(), texts.stream().filter(t -> t.contains(secret)).toList(), "Ann's credential");
        }
    }

    private static String hexOf(String session) {
        return HEX.matcher(session)
                .results()
                .map(MatchResult::group)
                .findFirst()
                .orElseThrow();
    }

    /** Everything in those texts that could be an id, but for what is Bob's own. */
    private Set<String> words(List<String> texts) {
        Set<String> words = new TreeSet<>();
        for (String text : texts) {
            text.lines()
                    .filter(line -> line.length() <= 300 && !Printable.hasControls(line)) // else refused unread
                    .forEach(words::add);
            WORD.matcher(text).results().map(MatchResult::group).forEach(words::add);
            HEX.matcher(text).results().map(MatchResult::group).forEach(words::add);
        }
        words.removeAll(rig.bobsOwn());
        assertTrue(words.size() > 50, words::toString);
        return words;
    }

    private void assertAccepted(boolean accepted, String session) throws Exception {
        assertEquals(accepted, known(session), session);
        Message ref = SessionRef.newBuilder().setSessionId(session).build();
        try (Conversation agent =
                new Conversation(rig.manager.agents(), AgentGateGrpc.getServiceDescriptor()).withToken("x")) {
            AgentBeat beat = AgentBeat.newBuilder().setSessionId(session).build();
            assertFalse(agent.get("Remain", beat, RemainReply.class).getKnown(), session);
        }
        if (accepted) {
            assertTrue(rig.bob.begin("WatchEngagements", ref).answered());
            return;
        }
        if (session.length() < SECRET) {
            return;
        }
        for (Map.Entry<String, Message> question : rig.questions(session).entrySet()) {
            assertRefused(question.getKey(), question.getValue(), session);
        }
        Answers flow = rig.bob.flow(
                TwoClients.open(session).setDial(Dial.getDefaultInstance()).build());
        assertTrue(
                !flow.answered() || flow.only() instanceof Frame frame && frame.hasReset(),
                () -> session + " opens a flow: " + flow.messages());
    }

    private void assertRefused(String method, Message request, String session) throws Exception {
        FieldDescriptor field = request.getDescriptorForType().findFieldByName("session_id");
        switch (method) {
            case "Remain", "Version" -> {}
            case "BeginProof", "Prove" ->
                assertFalse(rig.bob.begin(method, request).answered());
            // Says nothing; that her session lives on is looked at in the end.
            case "Depart" ->
                assertEquals(Status.OK, rig.bob.ask(method, request).end());
            case "ArriveAsClient" -> {
                ClientArrival thief = TwoClients.arrival("ann").toBuilder()
                        .setResumeSessionId(session)
                        .setSeat("")
                        .build();
                ClientSession got = rig.bob.get(method, thief, ClientSession.class);
                assertFalse(got.getResumed(), session);
                assertNotEquals(session, got.getSessionId());
                rig.bob.get(
                        method,
                        thief.toBuilder()
                                .clearResumeSessionId()
                                .setSeat(session)
                                .build(),
                        ClientSession.class);
            }
            default -> {
                assertEquals(session, request.getField(field), method);
                Answers answers = rig.bob.begin(method, request);
                assertFalse(answers.answered(), () -> method + " takes " + session + ": " + answers.messages());
                assertTrue(
                        answers.end().getDescription().contains("does not know this session"), answers.end()::toString);
            }
        }
    }

    private boolean known(String session) throws Exception {
        ClientBeat beat = ClientBeat.newBuilder().setSessionId(session).build();
        return rig.bob.get("Remain", beat, RemainReply.class).getKnown();
    }

    private static Set<String> methods() {
        return ManagerGrpc.getServiceDescriptor().getMethods().stream()
                .map(MethodDescriptor::getBareMethodName)
                .collect(Collectors.toSet());
    }
}
