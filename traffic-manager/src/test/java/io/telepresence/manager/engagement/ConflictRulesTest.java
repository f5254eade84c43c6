package io.telepresence.manager.engagement;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.engagement.EngagedPort;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.EngagementOptions;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.engagement.EngagementState;
import io.telepresence.engagement.HeaderMatch;
import io.telepresence.engagement.HttpFilter;
import io.telepresence.engagement.PathMatch;
import io.telepresence.engagement.Port;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.SessionRegistry;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Engagements as words: kind, ports, and conditions such as x-user=bob or /api/. */
class ConflictRulesTest {
    @ParameterizedTest(name = "{0} beside {1}")
    @CsvSource({
        "intercept 8080, intercept 8080, yes",
        "intercept 8080, intercept 8081, no",
        "intercept 8080, wiretap 8080, no",
        "wiretap 8080, wiretap 8080, no",
        "wiretap 8080, intercept 8080, no",
        "wiretap 8080, replace 8080, no",
        "ingest, replace 8080, no",
        "ingest, ingest, no",
        "replace 8080, ingest, no",
        "replace 8080, replace 8080, yes",
        "replace 8080, replace 8081, yes",
        "replace, replace, yes",
        "replace 8080, intercept 8080, yes",
        "replace 8080, intercept 8081, no",
        "intercept 8080, replace 8080, yes",
        "intercept 8080 x-user=bob, replace 8080, no",
        "intercept 8080 x-user=bob, intercept 8080, no",
        "intercept 8080 x-user=bob, intercept 8080 x-user=ann, no",
        "intercept 8080 x-user=bob, intercept 8080 x-user=bob, yes",
        "intercept 8080 x-user=bob, intercept 8081 x-user=bob, no",
        "intercept 8080 x-user=bob, intercept 8080 x-user=bob a=b, yes",
        "intercept 8080 x-user=bob a=b, intercept 8080 x-user=bob, yes",
        "intercept 8080 x-user=bob /api/, intercept 8080 x-user=bob /web/, no",
        "intercept 8080 /api/, intercept 8080 /api/, yes",
        "intercept 8080 /api/, intercept 8080 /web/, no",
        "intercept 8080 /api/, intercept 8080 x-user=bob, no",
        "intercept 8080 /api/, intercept 8080, no",
        "wiretap 8080 x-user=bob, intercept 8080 x-user=bob, no",
    })
    void theTable(String desired, String other, String conflict) throws Exception {
        List<ConflictRules.Conflict> found =
                ConflictRules.judge(engagement("bob", desired), List.of(engagement("ann", other)));
        assertEquals(conflict.equals("yes"), !found.isEmpty(), found::toString);
    }

    @Test
    void theSentenceNamesTheOtherItsOwnerAndItsFilter() throws Exception {
        String text = ConflictRules.judge(
                        engagement("bob", "intercept 8080 x-user=ann"),
                        List.of(engagement("ann", "intercept 8080 x-user=ann")))
                .getFirst()
                .fault()
                .text();
        assertEquals(
                "port 8080 of Deployment echo.default is already engaged by ann@laptop: conflicts with the intercept"
                        + " \"ann's\" (HTTP requests with header 'X-User: ann')",
                text);
        assertEquals(
                "container app of Deployment echo.default is already replaced by ann@laptop: conflicts with the"
                        + " replace \"ann's\"",
                ConflictRules.judge(engagement("bob", "replace"), List.of(engagement("ann", "replace")))
                        .getFirst()
                        .fault()
                        .text());
    }

    @Test
    void whatWasPushedAsideStandsInNobodysWay() throws Exception {
        RegisteredEngagement gone = engagement("ann", "intercept 8080").with(EngagementState.REMOVED, "removed");
        assertTrue(ConflictRules.judge(engagement("bob", "intercept 8080"), List.of(gone))
                .isEmpty());
    }

    @Test
    void aContainerOnItsWayBackIsInTheWayOfAReplaceOnly() throws Exception {
        RegisteredEngagement ending = engagement("ann", "replace 8080").with(EngagementState.TERMINATING, "");
        assertTrue(ConflictRules.judge(engagement("bob", "intercept 8080"), List.of(ending))
                .isEmpty());
        assertEquals(
                1,
                ConflictRules.judge(engagement("bob", "replace 8080"), List.of(ending))
                        .size());
    }

    static RegisteredEngagement engagement(String owner, String words) throws Exception {
        List<HeaderMatch> headers = new ArrayList<>();
        List<PathMatch> paths = new ArrayList<>();
        List<EngagedPort> ports = new ArrayList<>();
        String[] parts = words.split(" ");
        for (int i = 1; i < parts.length; i++) {
            String part = parts[i];
            if (part.startsWith("/")) {
                paths.add(PathMatch.of(PathMatch.Kind.PREFIX, part));
            } else if (part.contains("=")) {
                headers.add(
                        new HeaderMatch(part.substring(0, part.indexOf('=')), part.substring(part.indexOf('=') + 1)));
            } else {
                int port = Integer.parseInt(part);
                ports.add(new EngagedPort(Port.of(false, port), port, "app", "echo", "", port));
            }
        }
        EngagementSpec spec = new EngagementSpec(
                EngagementKind.valueOf(parts[0].toUpperCase(java.util.Locale.ROOT)),
                owner + "'s",
                "default",
                "echo",
                "",
                "",
                "",
                "127.0.0.1",
                List.of(),
                new EngagementOptions(new HttpFilter(headers, paths), "", false, Map.of(), List.of()));
        return new RegisteredEngagement(
                EngagementIds.next(spec.name()),
                spec,
                new SessionRegistry(InstantSource.system())
                        .arrive(new ClientSession.Client(owner + "@laptop", owner, "default", ""), "")
                        .session(),
                owner + "@laptop",
                EngagementState.ACTIVE,
                "",
                new WorkloadRef("Deployment", "default", "echo"),
                "app",
                ports,
                "");
    }
}
