package io.telepresence.e2e.connect;

import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Session;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Clients of other protocol levels than the traffic-manager's. */
@ExtendWith(Session.class)
class SkewIT {
    private static final Laptop LAPTOP = new Laptop("developer");

    @Test
    void aClientThatIsTwoLevelsAheadAsksForANewerManager() throws IOException {
        refused(level() + 2, "the traffic-manager v", "is too old for the client v", "telepresence helm upgrade");
    }

    @Test
    void aClientThatIsTwoLevelsBehindIsToBeReplaced() throws IOException {
        refused(level() - 2, "the client v", "is too old for the traffic-manager v", "Install the client v");
    }

    @Test
    void oneLevelApartWorks() throws IOException {
        try (OtherBuild next = OtherBuild.of(level() + 1)) {
            try {
                next.telepresence(LAPTOP, "connect").ok().says("Connected to context");
                LAPTOP.curl("http://echo/").ok().says("echo-");
            } finally {
                next.telepresence(LAPTOP, "quit", "-s").ok();
            }
        }
    }

    private static void refused(int level, String... sentence) throws IOException {
        try (OtherBuild build = OtherBuild.of(level)) {
            Result refused = build.telepresence(LAPTOP, "connect").failed();
            build.telepresence(LAPTOP, "quit", "-s").ok();
            for (String part : sentence) {
                refused.says(part);
            }
        }
    }

    private static int level() {
        return io.telepresence.agree.Versions.PROTOCOL;
    }
}
