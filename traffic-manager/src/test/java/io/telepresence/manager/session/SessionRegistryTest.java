package io.telepresence.manager.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.identity.Caller;
import io.telepresence.manager.identity.Person;
import io.telepresence.testing.FakeTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SessionRegistryTest {
    private static final ClientSession.Client ANN = new ClientSession.Client("ann@laptop", "install-a", "default", "");
    private static final ClientSession.Client BOB = new ClientSession.Client("bob@laptop", "install-b", "default", "");
    private static final WorkloadRef ECHO = new WorkloadRef("Deployment", "default", "echo");

    private final FakeTime time = new FakeTime();
    private final SessionRegistry sessions = new SessionRegistry(time);

    @Test
    void aSilentClientIsDropped() {
        ClientSession ann = sessions.arrive(ANN, "").session();
        List<String> ended = new ArrayList<>();
        ann.onEnd(() -> ended.add("ann"));
        time.advance(Duration.ofSeconds(29));
        sessions.sweep();
        assertTrue(sessions.remain(ann.id(), Caller.UNKNOWN));
        time.advance(Duration.ofSeconds(29));
        sessions.sweep();
        assertTrue(sessions.client(ann.id(), Caller.UNKNOWN).isPresent());
        time.advance(Duration.ofSeconds(2));
        sessions.sweep();
        assertFalse(sessions.remain(ann.id(), Caller.UNKNOWN));
        assertEquals(List.of("ann"), ended);
    }

    @Test
    void aSilentAgentIsDroppedSooner() {
        AgentSession agent = sessions.arrive(agent("echo-1", "uid-1"), "").session();
        List<Integer> counts = new ArrayList<>();
        sessions.watchAgents(() -> counts.add(sessions.agents().size()));
        time.advance(Duration.ofSeconds(16));
        sessions.sweep();
        assertTrue(sessions.agent(agent.id()).isEmpty());
        assertEquals(List.of(0), counts);
    }

    @Test
    void theLatestActivityOfEitherDaemonCounts() {
        ClientSession ann = sessions.arrive(ANN, "").session();
        assertTrue(sessions.idle(ann).isEmpty(), "it has not said");
        time.advance(Duration.ofMinutes(20));
        assertTrue(sessions.remain(ann.id(), Caller.UNKNOWN, Duration.ofMinutes(3)));
        assertTrue(sessions.remain(ann.id(), Caller.UNKNOWN, Duration.ofMinutes(15)));
        assertEquals(Duration.ofMinutes(3), sessions.idle(ann).orElseThrow());
        time.advance(Duration.ofSeconds(5));
        assertEquals(Duration.ofSeconds(185), sessions.idle(ann).orElseThrow());
    }

    @Test
    void aClientResumesItsSession() {
        ClientSession ann = sessions.arrive(ANN, "").session();
        SessionRegistry.Arrival<ClientSession> again = sessions.arrive(ANN, ann.id());
        assertTrue(again.resumed());
        assertSame(ann, again.session());
    }

    @Test
    void anUnknownIdIsTakenOverAfterARestart() {
        String before = "session-0123456789abcdef0123456789abcdef";
        SessionRegistry.Arrival<ClientSession> arrival = sessions.arrive(ANN, before);
        assertFalse(arrival.resumed());
        assertEquals(before, arrival.session().id());
    }

    @Test
    void anotherInstallationCannotTakeASessionOver() {
        ClientSession ann = sessions.arrive(ANN, "").session();
        SessionRegistry.Arrival<ClientSession> bob = sessions.arrive(BOB, ann.id());
        assertFalse(bob.resumed());
        assertNotEquals(ann.id(), bob.session().id());
        assertTrue(sessions.client(ann.id(), Caller.UNKNOWN).isPresent());
    }

    @Test
    void whoComesAnewToItsSeatEndsTheSessionThatWasThere() {
        ClientSession old = sessions.arrive(at("a".repeat(64)), "").session();
        ClientSession container = sessions.arrive(at("b".repeat(64)), "").session();
        ClientSession young = sessions.arrive(at("a".repeat(64)), "").session();
        assertTrue(old.ended());
        assertNotEquals(old.id(), young.id());
        assertFalse(container.ended(), "another connection of that installation");
        assertEquals(Set.of(container, young), Set.copyOf(sessions.clients()));
    }

    @Test
    void nobodyIsEndedByWhoOnlySaysTheSameNames() {
        ClientSession ann = sessions.arrive(at("a".repeat(64)), "").session();
        ClientSession old = sessions.arrive(at(""), "").session();
        for (String seat : List.of("c".repeat(64), "", "a", "A".repeat(64))) {
            sessions.arrive(at(seat), "");
        }
        sessions.arrive(at(""), "");
        assertFalse(ann.ended());
        assertFalse(old.ended(), "no seat is not a seat");
    }

    @Test
    void whoWakesUpAfterItsSuccessorCameEndsNobody() {
        ClientSession frozen = sessions.arrive(at("a".repeat(64)), "").session();
        ClientSession successor = sessions.arrive(at("a".repeat(64)), "").session();
        sessions.arrive(at("a".repeat(64)), frozen.id());
        assertFalse(successor.ended());
    }

    @Test
    void anIdThatCouldBeGuessedIsNotTakenOver() {
        assertNotEquals("x", sessions.arrive(ANN, "x").session().id());
        assertTrue(sessions.arrive(ANN, "x").session().id().matches("session-[0-9a-f]{32}"));
    }

    @Test
    void anIdThatAnOlderManagerShowedToOthersIsNotTakenOver() {
        String shown = "0123456789abcdef0123456789abcdef";
        assertNotEquals(shown, sessions.arrive(ANN, shown).session().id());
        assertNotEquals(
                shown,
                sessions.arrive(agent("echo-1", "uid-1"), shown).session().id());
        assertFalse(sessions.remain(shown, Caller.UNKNOWN));
    }

    @Test
    void theIdIsInNoTextOfASession() {
        SessionRegistry.Arrival<ClientSession> ann = sessions.arrive(at("a".repeat(64)), "");
        SessionRegistry.Arrival<AgentSession> agent = sessions.arrive(agent("echo-1", "uid-1"), "");
        for (Object told : List.of(ann, ann.session(), ann.session().client(), agent, agent.session())) {
            for (String secret : List.of(ann.credential(), agent.credential(), "a".repeat(64))) {
                assertFalse(told.toString().contains(secret), told::toString);
            }
        }
    }

    @Test
    void anIdOfOneKindIsNoneOfTheOther() {
        ClientSession ann = sessions.arrive(ANN, "").session();
        AgentSession agent = sessions.arrive(agent("echo-1", "uid-1"), "").session();
        assertTrue(sessions.agent(ann.id()).isEmpty());
        assertTrue(sessions.client(agent.id(), Caller.UNKNOWN).isEmpty());
        assertFalse(sessions.remain(ann.id()));
    }

    @Test
    void aNewPodOfTheSameNameReplacesTheOldAgent() {
        AgentSession old = sessions.arrive(agent("echo-sts-0", "uid-1"), "").session();
        AgentSession young = sessions.arrive(agent("echo-sts-0", "uid-2"), "").session();
        assertTrue(old.ended());
        assertEquals(List.of(young), sessions.agents(ECHO));
    }

    @Test
    void departingEndsInReverseOrderAndLateTasksRunAtOnce() {
        ClientSession ann = sessions.arrive(ANN, "").session();
        List<String> order = new ArrayList<>();
        ann.onEnd(() -> order.add("first"));
        ann.onEnd(() -> order.add("second"));
        ann.onEnd(() -> order.add("taken back")).close();
        sessions.depart(ann.id(), Caller.UNKNOWN);
        ann.onEnd(() -> order.add("late"));
        assertEquals(List.of("second", "first", "late"), order);
    }

    @Test
    void twoWatchesOfAnAgentCountAsOneUntilBothEnd() {
        AgentSession agent = sessions.arrive(agent("echo-1", "uid-1"), "").session();
        sessions.watching(agent, true);
        sessions.watching(agent, true);
        sessions.watching(agent, false);
        assertTrue(agent.watching());
        sessions.watching(agent, false);
        assertFalse(agent.watching());
    }

    private static ClientSession.Client at(String seat) {
        return new ClientSession.Client(ANN.name(), ANN.installId(), ANN.namespace(), seat);
    }

    private static AgentSession.Agent agent(String pod, String uid) {
        return new AgentSession.Agent(pod, uid, "10.0.0.1", ECHO, "v0.1.0", Set.of(), Set.of());
    }

    private static Caller caller(String key, String user) {
        return new Caller(key, new Person(user, "", List.of(), Map.of()));
    }

    @Test
    void aSessionBelongsToItsKey() {
        Caller hers = caller("k1", "alice");
        Caller thief = caller("k2", "bob");
        ClientSession ann = sessions.arrive(ANN, hers, "").session();
        assertTrue(sessions.client(ann.id(), hers).isPresent());
        assertTrue(sessions.client(ann.id(), new Caller("k1", Person.UNKNOWN)).isPresent());
        for (Caller other : List.of(thief, caller("k2", "alice"), Caller.UNKNOWN)) {
            assertTrue(sessions.client(ann.id(), other).isEmpty());
            assertFalse(sessions.remain(ann.id(), other));
            assertFalse(sessions.remain(ann.id(), other, Duration.ZERO));
            sessions.depart(ann.id(), other);
            assertFalse(sessions.arrive(ANN, other, ann.id()).resumed());
        }
        assertFalse(ann.ended());
        assertTrue(sessions.arrive(ANN, hers, ann.id()).resumed());
    }

    @Test
    void nobodyTakesTheSeatOfAnotherUser() {
        ClientSession ann =
                sessions.arrive(at("a".repeat(64)), caller("k1", "alice"), "").session();
        sessions.arrive(at("a".repeat(64)), caller("k2", "bob"), "");
        assertFalse(ann.ended());
        sessions.arrive(at("a".repeat(64)), caller("k3", "alice"), "");
        assertTrue(ann.ended());
    }

    @Test
    void whatIsProvedAgainAndWhatIsOverIsSoForAllSessionsOfTheKey() {
        ClientSession one = sessions.arrive(ANN, caller("k1", "alice"), "").session();
        ClientSession two =
                sessions.arrive(BOB, new Caller("k1", Person.UNKNOWN), "").session();
        ClientSession other = sessions.arrive(BOB, caller("k2", "bob"), "").session();
        Person renewed = new Person("alice", "", List.of("new"), Map.of());
        sessions.proved(new Caller("k1", renewed));
        assertEquals(List.of(renewed, renewed), List.of(one.person(), two.person()));
        assertEquals("alice (" + ANN.name() + ")", one.name());
        assertEquals("bob", other.person().user());
        sessions.end(new Caller("k1", Person.UNKNOWN), "enough");
        assertTrue(one.ended() && two.ended());
        assertFalse(other.ended());
    }
}
