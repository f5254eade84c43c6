package io.telepresence.e2e.engage;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Session;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** With the daemons on the laptop. */
@ExtendWith(Session.class)
class GuideIT extends GuideCases {
    private static final Laptop LAPTOP = new Laptop("developer");

    GuideIT() {
        super(new OnTheLaptop(LAPTOP));
    }

    @Override
    public String replaced(Mode.Engaged engaged) {
        return """
                Using Deployment example-app
                Container name    : echo-server
                State             : ACTIVE
                Workload kind     : Deployment
                Port forwards     : POD -> 127.0.0.1
                    8080 -> 8080 TCP
                Volume Mount Point: ROOT
                """
                .replace("ROOT", engaged.root());
    }

    @Override
    public String ingested(Mode.Engaged engaged) {
        return """
                Using Deployment example-app
                   Container name    : echo-server
                   Workload kind     : Deployment
                   Volume Mount Point: ROOT
                """
                .replace("ROOT", engaged.root());
    }

    @Test
    void aHandlerGetsTheEnvironmentAndEndsTheEngagement() {
        Result handled = LAPTOP.telepresence(
                "ingest",
                "example-app",
                "--",
                "sh",
                "-c",
                "echo $GREETING $TELEPRESENCE_CONTAINER; cat $TELEPRESENCE_ROOT/etc/settings/settings.txt; exit 7");
        assertEquals(7, handled.exitCode(), handled.describe());
        handled.says("hello echo-server").says("colour=blue");
        LAPTOP.telepresence("list").ok().saysNot("ingested");
    }
}
