package io.telepresence.manager.rights;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.engagement.EngagementKind;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.identity.Person;
import io.telepresence.testing.FakeTime;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The table: three people and a service account, each with one right, and what it lets them do. */
class RightsTest {
    private static final WorkloadRef ECHO = new WorkloadRef("Deployment", "default", "echo");
    private static final String ROBOT = "system:serviceaccount:ci:robot";
    private static final List<String> PEOPLE = List.of("alice", "bob", "carol", ROBOT);

    private static final String CONNECT = "create connections.telepresence.io in namespace \"ambassador\"";
    private static final String FORWARD = "create pods/portforward \"traffic-manager-0\" in namespace \"ambassador\"";
    private static final String ATTACH = "create attachments.telepresence.io \"echo\" in namespace \"default\"";
    private static final String GET_ATTACHED = "get attachments.telepresence.io \"echo\" in namespace \"default\"";
    private static final String ATTACH_ALL = "create attachments.telepresence.io in namespace \"default\"";
    private static final String GET_ALL = "get attachments.telepresence.io in namespace \"default\"";
    private static final String EXEC = "create pods/exec in namespace \"default\"";
    private static final String LOGS = "get logs.telepresence.io in namespace \"default\"";
    private static final String YAML = "get logs.telepresence.io/yaml in namespace \"default\"";
    private static final String POD_LOGS = "get pods/log in namespace \"default\"";
    private static final String GET_PODS = "get pods in namespace \"default\"";
    private static final String LIST_PODS = "list pods in namespace \"default\"";
    private static final String CONFIG = "update configmaps \"traffic-manager\" in namespace \"ambassador\"";
    private static final List<String> ALL = List.of(
            CONNECT,
            FORWARD,
            ATTACH,
            GET_ATTACHED,
            ATTACH_ALL,
            GET_ALL,
            EXEC,
            LOGS,
            YAML,
            POD_LOGS,
            GET_PODS,
            LIST_PODS,
            CONFIG);

    private final FakeTime time = new FakeTime();

    @FunctionalInterface
    private interface Deed {
        void of(Rights rights, Person person) throws FaultException;
    }

    /** @param exec what is enough with that grant; likewise the others */
    private record Row(String name, Deed deed, Set<String> exec, Set<String> telepresence, Set<String> any) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Row row(String name, Deed deed, Set<String> ours, Set<String> withoutUs) {
        return new Row(name, deed, both(ours, withoutUs), ours, both(ours, Set.of(FORWARD)));
    }

    private static Set<String> both(Set<String> some, Set<String> more) {
        Set<String> all = new TreeSet<>(some);
        all.addAll(more);
        return all;
    }

    static Stream<Row> table() {
        Stream<Row> attach = Stream.of(EngagementKind.INTERCEPT, EngagementKind.REPLACE, EngagementKind.WIRETAP)
                .map(kind -> row(kind.word(), (r, p) -> r.mayAttach(p, kind, ECHO), Set.of(ATTACH), Set.of(EXEC)));
        return Stream.concat(
                attach,
                Stream.of(
                        row("connect", Rights::mayConnect, Set.of(CONNECT), Set.of(FORWARD)),
                        row(
                                "ingest",
                                (r, p) -> r.mayAttach(p, EngagementKind.INGEST, ECHO),
                                Set.of(GET_ATTACHED),
                                Set.of(EXEC)),
                        row("uninstall", (r, p) -> r.mayUninstall(p, ECHO), Set.of(ATTACH), Set.of(EXEC)),
                        row(
                                "genyaml",
                                (r, p) -> r.mayGenerateYaml(p, "default", "echo"),
                                Set.of(GET_ATTACHED),
                                Set.of(EXEC)),
                        row("logs", (r, p) -> r.mayReadLogs(p, "default", false), Set.of(LOGS), Set.of(POD_LOGS)),
                        row("yaml", (r, p) -> r.mayReadLogs(p, "default", true), Set.of(YAML), Set.of(GET_PODS)),
                        row(
                                "list",
                                (r, p) -> r.maySee(p, "default"),
                                Set.of(LIST_PODS, ATTACH_ALL, GET_ALL),
                                Set.of(EXEC)),
                        new Row("loglevel", Rights::maySetLevels, Set.of(CONFIG), Set.of(CONFIG), Set.of(CONFIG))));
    }

    @ParameterizedTest
    @MethodSource("table")
    void oneOfTheRightsInTheTableIsEnoughAndNoOtherIs(Row row) {
        check(row, RequiredGrant.EXEC, row.exec());
        check(row, RequiredGrant.TELEPRESENCE, row.telepresence());
        check(row, RequiredGrant.ANY, row.any());
        check(row, RequiredGrant.PORTFORWARD, Set.of(FORWARD));
    }

    private void check(Row row, RequiredGrant grant, Set<String> enough) {
        for (String person : PEOPLE) {
            Set<String> found = new TreeSet<>();
            for (String right : ALL) {
                FakeReviews api = new FakeReviews().grant(person, right);
                Rights rights = api.rights(grant, time);
                if (may(row, rights, FakeReviews.person(person))) {
                    found.add(right);
                }
                String other = PEOPLE.get((PEOPLE.indexOf(person) + 1) % PEOPLE.size());
                assertFalse(may(row, rights, FakeReviews.person(other)), () -> other + " has nothing");
            }
            assertEquals(new TreeSet<>(enough), found, () -> row + " with " + grant);
        }
    }

    private static boolean may(Row row, Rights rights, Person person) {
        try {
            row.deed().of(rights, person);
            return true;
        } catch (FaultException e) {
            assertEquals(Fault.Kind.DENIED, e.fault().kind());
            return false;
        }
    }

    @ParameterizedTest
    @MethodSource("table")
    void whoIsNotKnownMayWhatThePortForwardAloneGives(Row row) {
        FakeReviews api = new FakeReviews();
        assertTrue(may(row, api.rights(RequiredGrant.PORTFORWARD, time), Person.UNKNOWN));
        for (RequiredGrant grant : List.of(RequiredGrant.EXEC, RequiredGrant.TELEPRESENCE, RequiredGrant.ANY)) {
            assertFalse(may(row, api.rights(grant, time), Person.UNKNOWN));
        }
        assertEquals(List.of(), api.asked(), "there is nobody to ask about");
    }

    private static Fault refused(Deed deed, RequiredGrant grant, Person person) {
        Rights rights = new FakeReviews().rights(grant, new FakeTime());
        return assertThrows(FaultException.class, () -> deed.of(rights, person)).fault();
    }

    @Test
    void aRefusalNamesTheMissingRights() {
        Person alice = FakeReviews.person("alice");
        Fault fault = refused((r, p) -> r.mayAttach(p, EngagementKind.INTERCEPT, ECHO), RequiredGrant.EXEC, alice);
        assertEquals(
                "alice may not create attachments.telepresence.io \"echo\" in namespace \"default\", nor pods/exec"
                        + " there",
                fault.text());
        assertTrue(fault.remedy().contains("clientRbac"), fault::toString);
        assertEquals(
                "alice may not get logs.telepresence.io in namespace \"default\", nor pods/log there",
                refused((r, p) -> r.mayReadLogs(p, "default", false), RequiredGrant.EXEC, alice)
                        .text());
        assertEquals(
                "alice may not get attachments.telepresence.io \"echo\" in namespace \"default\", nor create"
                        + " pods/portforward \"traffic-manager-0\" in namespace \"ambassador\"",
                refused((r, p) -> r.mayAttach(p, EngagementKind.INGEST, ECHO), RequiredGrant.ANY, alice)
                        .text());
        assertEquals(
                "an unknown user may not create connections.telepresence.io in namespace \"ambassador\"",
                refused(Rights::mayConnect, RequiredGrant.TELEPRESENCE, Person.UNKNOWN)
                        .text());
    }

    /** Over a WebSocket a port-forward is a GET: who may do that reaches the port, whatever the setting is. */
    @Test
    void whoMayForwardByGetAloneMayConnectAndNotEngage() throws Exception {
        Person dave = FakeReviews.person("dave");
        FakeReviews api = new FakeReviews().grant("dave", FORWARD.replace("create", "get"));
        for (RequiredGrant grant : List.of(RequiredGrant.EXEC, RequiredGrant.ANY, RequiredGrant.PORTFORWARD)) {
            api.rights(grant, time).mayConnect(dave);
        }
        api.rights(RequiredGrant.PORTFORWARD, time).mayAttach(dave, EngagementKind.INTERCEPT, ECHO);
        assertThrows(FaultException.class, () -> api.rights(RequiredGrant.TELEPRESENCE, time)
                .mayConnect(dave));
        for (RequiredGrant grant : List.of(RequiredGrant.EXEC, RequiredGrant.ANY)) {
            assertThrows(FaultException.class, () -> api.rights(grant, time)
                    .mayAttach(dave, EngagementKind.INTERCEPT, ECHO));
        }
    }

    @Test
    void namesDoNothingToATerminal() {
        Fault fault = refused(
                (r, p) -> r.mayGenerateYaml(p, "a\nb", "c\u001b[2J"),
                RequiredGrant.TELEPRESENCE,
                FakeReviews.person("eve\u202e"));
        assertEquals(
                "eve\\u202e may not get attachments.telepresence.io \"c\\x1b[2J\" in namespace \"a\\nb\"",
                fault.text());
    }

    @Test
    void namespacesThatHeMayNotSeeAreLeftOutUnlessThereIsNoOther() throws Exception {
        FakeReviews api = new FakeReviews().grant("alice", LIST_PODS);
        Rights rights = api.rights(RequiredGrant.EXEC, time);
        Person alice = FakeReviews.person("alice");
        assertEquals(List.of("default"), rights.visible(alice, List.of("other", "default", "default")));
        int asked = api.asked().size();
        rights.visible(alice, List.of("default", "other"));
        assertEquals(asked, api.asked().size(), "once a minute");
        FaultException e = assertThrows(FaultException.class, () -> rights.visible(alice, List.of("other")));
        assertTrue(e.fault().text().startsWith("alice may not list pods in namespace \"other\""), e::toString);
    }

    @ParameterizedTest
    @EnumSource(RequiredGrant.class)
    void theSettingIsWrittenInSmallLetters(RequiredGrant grant) {
        assertEquals(grant, RequiredGrant.of(grant.name().toLowerCase(java.util.Locale.ROOT)));
        assertThrows(IllegalArgumentException.class, () -> RequiredGrant.of(grant.name()));
        assertDoesNotThrow(() -> RequiredGrant.of("exec"));
    }
}
