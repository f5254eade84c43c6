package io.telepresence.cli.connect;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.telepresence.agree.Routing;
import io.telepresence.cli.daemon.DaemonStatus;
import io.telepresence.cli.output.JsonWriter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The JSON of {@code status} has Telepresence's types, so that what reads one can read the other. */
final class StatusTreeTest {
    @Test
    void dnsHasObjectsAndNanoseconds() {
        DaemonStatus.Root root = new DaemonStatus.Root(
                "v0.1.0",
                Optional.of(new DaemonStatus.Dns(
                        "",
                        "",
                        "10.96.0.10",
                        new DaemonStatus.Suffixes(List.of(), List.of(), List.of()),
                        Map.of("mail.example", "mail.shop"),
                        4000)),
                new DaemonStatus.Subnets(List.of(), Routing.NONE, List.of()),
                List.of());
        Object dns =
                ((Map<?, ?>) StatusTree.of(Optional.empty(), Optional.of(root)).get("root_daemon")).get("dns");
        assertEquals(
                "{\"remote_ip\":\"10.96.0.10\",\"mappings\":[{\"name\":\"mail.example\",\"aliasFor\":\"mail.shop\"}],"
                        + "\"lookup_timeout\":4000000000}",
                JsonWriter.of(dns));
    }
}
