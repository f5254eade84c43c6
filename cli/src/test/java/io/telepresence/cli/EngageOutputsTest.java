package io.telepresence.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.cli.daemon.ClientEngagement;
import io.telepresence.cli.daemon.Explanation;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.EngagementState;
import io.telepresence.engagement.TrafficCount;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the four engagements print, and what they leave behind. */
final class EngageOutputsTest {
    private static final ClientEngagement.Port HTTP = Samples.port("TCP", 8080, 8080, "http", 80);

    private final Typing typing = new Typing();

    @BeforeEach
    void connected() {
        typing.daemon.connected = true;
    }

    private String printed(String line) {
        assertEquals(0, typing.type(line), typing::err);
        return typing.out();
    }

    private static ClientEngagement filtered(EngagementKind kind, Optional<TrafficCount> copies) {
        var requests = new ClientEngagement.Requests(
                "HTTP requests with path-prefix /api and header 'X-User: margret'",
                List.of("path-prefix=/api", "header=x-user: margret"),
                "http",
                Map.of("team", "a"));
        return Samples.engagement(kind, "mine", Samples.mounted("/tmp/telfs-1"), requests, copies, HTTP);
    }

    @Test
    void replace() {
        typing.daemon.next = Samples.engagement(
                EngagementKind.REPLACE,
                "echo/app",
                Samples.mounted("/tmp/m"),
                HTTP,
                Samples.port("UDP", 53, 5353, "", 0));
        assertEquals(
                """
                Using Deployment echo
                Container name    : app
                State             : ACTIVE
                Workload kind     : Deployment
                Port forwards     : 10.244.0.7 -> 127.0.0.1
                    8080 -> 8080 TCP
                    5353 -> 53 UDP
                Volume Mount Point: /tmp/m
                """,
                printed("replace echo --mount /tmp/m"));
        typing.daemon.next = Samples.engagement(EngagementKind.REPLACE, "echo/app", Samples.UNMOUNTED);
        assertEquals(
                """
                Using Deployment echo
                Container name: app
                State         : ACTIVE
                Workload kind : Deployment
                """,
                printed("replace echo"));
    }

    @Test
    void ingest() {
        typing.daemon.next = Samples.engagement(EngagementKind.INGEST, "echo/app", Samples.mounted("/tmp/m"));
        assertEquals(
                """
                Using Deployment echo
                   Container name    : app
                   Workload kind     : Deployment
                   Volume Mount Point: /tmp/m
                """,
                printed("ingest echo --mount /tmp/m"));
    }

    @Test
    void interceptWithAFilter() {
        typing.daemon.next = filtered(EngagementKind.INTERCEPT, Optional.empty());
        assertEquals(
                """
                Using Deployment echo
                intercepted
                  Intercept name: mine
                  State         : ACTIVE
                  Workload kind : Deployment
                  Destination   : 127.0.0.1:8080
                  Intercepting  : HTTP requests with path-prefix /api and header 'X-User: margret'
                """,
                printed(
                        "intercept mine -w echo --http-header x-user=margret --http-path-prefix /api --mount /tmp/telfs-1"));
    }

    @Test
    void aNewDirectoryAndWhatIsWrongWithItAreSaid() {
        typing.daemon.next = filtered(EngagementKind.INTERCEPT, Optional.empty());
        assertTrue(printed("intercept mine").endsWith("\n  Volume Mount Point: /tmp/telfs-1\n"), typing.out());
        typing.daemon.next =
                Samples.engagement(EngagementKind.INTERCEPT, "echo", Samples.unmounted("no sshfs here"), HTTP);
        assertTrue(
                printed("intercept echo --mount /m").endsWith("  Volume Mount Error: no sshfs here\n"), typing.out());
    }

    @Test
    void wiretap() {
        typing.daemon.next = Samples.engagement(EngagementKind.WIRETAP, "echo", Samples.UNMOUNTED, HTTP);
        assertEquals(
                """
                Using Deployment echo
                wiretapped
                  Wiretap name  : echo
                  State         : ACTIVE
                  Workload kind : Deployment
                  Destination   : 127.0.0.1:8080
                  Intercepting  : all TCP connections
                """,
                printed("wiretap echo --port 8080:http"));
    }

    @Test
    void listOfAllKinds() {
        typing.daemon.workloads = List.of(
                Samples.workload(
                        "echo",
                        "v0.1.0",
                        "",
                        filtered(EngagementKind.WIRETAP, Optional.of(new TrafficCount(120, 3, 0))),
                        Samples.engagement(EngagementKind.INTERCEPT, "echo", Samples.UNMOUNTED, HTTP)),
                Samples.workload(
                        "api",
                        "v0.1.0",
                        "",
                        Samples.engagement(EngagementKind.REPLACE, "api/app", Samples.UNMOUNTED, HTTP)),
                Samples.workload(
                        "db", "v0.1.0", "", Samples.engagement(EngagementKind.INGEST, "db/app", Samples.UNMOUNTED)));
        assertEquals(
                """
                deployment echo: intercepted, wiretapped
                  Wiretap name      : mine
                  State             : ACTIVE
                  Workload kind     : Deployment
                  Destination       : 127.0.0.1:8080
                  Intercepting      : HTTP requests with path-prefix /api and header 'X-User: margret'
                  Volume Mount Point: /tmp/telfs-1
                  Copies            : 120, 3 dropped
                  Intercept name: echo
                  State         : ACTIVE
                  Workload kind : Deployment
                  Destination   : 127.0.0.1:8080
                  Intercepting  : all TCP connections
                deployment api : replaced
                  Container name: app
                  State         : ACTIVE
                  Workload kind : Deployment
                  Port forwards : 10.244.0.7 -> 127.0.0.1
                      8080 -> 8080 TCP
                deployment db  : ingested
                   Container name: app
                   Workload kind : Deployment
                """,
                printed("list"));
        assertTrue(printed("list -r").startsWith("deployment api: replaced\n"));
        assertTrue(printed("list -g").startsWith("deployment db: ingested\n"));
        assertTrue(printed("list -t").startsWith("deployment echo: "));
        assertEquals(
                2,
                printed("list -i -g")
                        .lines()
                        .filter(l -> l.startsWith("deployment"))
                        .count());
        assertTrue(printed("list --debug").contains("  Metadata          : team=a\n"), typing.out());
        String json = printed("list --output json");
        assertTrue(json.contains("\"ingest_info\":[{\"id\":\"5e55:db/app\",\"workload\":\"echo\""), json);
        assertTrue(
                json.contains("\"mount\":{\"local_dir\":\"/tmp/telfs-1\",\"remote_dir\":\"/tel_app_mounts/app\""),
                json);
        assertTrue(
                json.contains("\"http_filter\":[\"path-prefix=/api\",\"header=x-user: margret\"],\"global\":false"),
                json);
        assertTrue(json.contains("\"count\":{\"delivered\":120,\"dropped\":3,\"failed_open\":0}"), json);
    }

    @Test
    void statusOfAllKinds() {
        typing.daemon.engagements.add(
                Samples.engagement(EngagementKind.INGEST, "db/app", Samples.unmounted("no sshfs here")));
        typing.daemon.engagements.add(filtered(EngagementKind.WIRETAP, Optional.empty()));
        String text = printed("status");
        assertTrue(text.contains("  Intercepts        : 0 total\n"), text);
        assertTrue(text.contains("    mine: ann@laptop, volumes at /tmp/telfs-1\n"), text);
        assertTrue(text.contains("    db/app: ann@laptop, volumes are not mounted: no sshfs here\n"), text);
        assertTrue(
                printed("status --output json")
                        .contains(
                                "\"wiretaps\":[{\"name\":\"mine\",\"client\":\"ann@laptop\",\"mount_point\":\"/tmp/telfs-1\"}]"));
    }

    @Test
    void whatAWorkingEngagementLacksIsOneLine() {
        for (EngagementKind kind : EngagementKind.values()) {
            ClientEngagement with = Samples.engagement(kind, "echo", Samples.UNMOUNTED, HTTP);
            ClientEngagement lacking = new ClientEngagement(
                    with.identity(),
                    new ClientEngagement.State(EngagementState.ACTIVE, "no environment: nobody answers"),
                    with.target(),
                    with.ports(),
                    with.requests(),
                    with.pod(),
                    with.copies());
            typing.daemon.workloads = List.of(Samples.workload("echo", "v1", "", lacking));
            String list = printed("list");
            assertTrue(list.contains(": no environment: nobody answers\n"), list);
            typing.daemon.engagements.clear();
            typing.daemon.engagements.add(lacking);
            String status = printed("status");
            assertTrue(status.contains("    echo: ann@laptop, no environment: nobody answers\n"), status);
        }
    }

    @Test
    void filesWithTheEnvironment(@TempDir Path directory) throws Exception {
        typing.directory = directory;
        assertEquals(0, typing.type("ingest echo -e env -j env.json --env-syntax sh:export"), typing::err);
        assertEquals("export GREETING='hello'\n", Files.readString(directory.resolve("env")));
        assertEquals("{\n  \"GREETING\": \"hello\"\n}\n", Files.readString(directory.resolve("env.json")));
    }

    @Test
    void anEnvironmentThatCannotBeWrittenEndsTheEngagement(@TempDir Path directory) throws Exception {
        typing.directory = directory;
        ClientEngagement with = typing.daemon.next;
        typing.daemon.next = new ClientEngagement(
                with.identity(),
                with.state(),
                with.target(),
                with.ports(),
                with.requests(),
                new ClientEngagement.Pod(Map.of("KEY", "a\nb"), with.mount()),
                with.copies());
        assertEquals(1, typing.type("intercept echo -e env"));
        assertTrue(typing.err().contains("error: the value of KEY has several lines"), typing.err());
        assertEquals(List.of(), typing.daemon.engagements);
        assertFalse(Files.exists(directory.resolve("env")));
    }

    @Test
    void aCommandEndsWithItsEngagement() {
        typing.daemon.endedBySomebody = true;
        typing.childExit = 143;
        assertEquals(143, typing.type("wiretap echo --wait-message up -- sleep 9"));
        assertTrue(typing.stopped);
        assertTrue(typing.out().endsWith("up\n"), typing.out());
        assertEquals("The engagement \"echo\" was ended, and so was its command\n", typing.err());
    }

    @Test
    void why() {
        assertEquals(
                """
                GET http://echo/api goes to the intercept alice (ann@laptop): header 'X-User: alice'
                  intercept bob (ann@laptop)  does not take it  header X-User is 'alice', not 'bob'
                  wiretap tap (ann@laptop)    gets a copy       all TCP connections
                """,
                printed("why GET http://echo/api"));
        assertTrue(printed("why http://echo/api --output json")
                .startsWith("{\"cmd\":\"why\",\"stdout\":{\"workload\":\"echo\",\"workload_kind\":\"Deployment\","
                        + "\"namespace\":\"default\",\"container_port\":8080,\"taker\":\"5e55:alice\",\"rules\":[{"));
    }

    @Test
    void whyNobodyTakesIt() {
        Explanation sample = Samples.explanation();
        typing.daemon.explanation = new Explanation(
                sample.workload(), sample.rules().subList(1, 2), "", sample.recent(), List.of("prod: no replace"));
        String printed = printed("why http://echo/api");
        assertTrue(printed.startsWith("GET http://echo/api goes to the application (deployment echo)\n"), printed);
        assertTrue(printed.endsWith("\n  Policy prod: no replace\n"), printed);
        assertTrue(printed("why http://echo/api --output json").contains("\"policies\":[\"prod: no replace\"]"));
    }

    @Test
    void theLastVerdicts() {
        Explanation sample = Samples.explanation();
        typing.daemon.explanation = new Explanation(
                sample.workload(),
                sample.rules(),
                "",
                List.of(
                        new Explanation.Verdict(
                                0, "echo-1", 8080, "GET", "/a", "5e55:alice", List.of("5e55:tap"), false),
                        new Explanation.Verdict(1, "echo-22", 8080, "POST", "/long", "", List.of(), true)),
                List.of());
        List<String> lines = printed("why --workload echo --last 20").lines().toList();
        assertEquals("TIME          POD      METHOD  PATH   DESTINATION", lines.get(0));
        assertTrue(
                lines.get(1)
                        .endsWith(
                                ".000  echo-1   GET     /a     intercept alice (ann@laptop), copy to wiretap tap (ann@laptop)"),
                lines.get(1));
        assertTrue(
                lines.get(2).endsWith(".001  echo-22  POST    /long  application (no answer from the laptop)"),
                lines.get(2));
    }

    @Test
    void completion() {
        typing.daemon.workloads = List.of(Samples.workload("echo", "v0.1.0", ""), Samples.workload("api", "", ""));
        typing.daemon.engagements.add(Samples.engagement(EngagementKind.REPLACE, "echo/app", Samples.UNMOUNTED));
        for (String command : List.of("replace", "wiretap", "ingest")) {
            assertEquals("api\necho\n", printed("__complete -- " + command + " "));
        }
        assertEquals("echo\n", printed("__complete -- uninstall "));
        assertEquals("echo\necho/app\n", printed("__complete -- leave "));
        assertEquals("app\n", printed("__complete -- leave echo --container "));
        assertEquals("sh\nsh:export\n", printed("__complete -- ingest echo --env-syntax sh"));
        assertEquals("api\necho\n", printed("__complete -- intercept x -w "));
    }
}
