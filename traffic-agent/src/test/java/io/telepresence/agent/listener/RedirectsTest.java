package io.telepresence.agent.listener;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.agree.Transport;
import io.telepresence.engagement.Port;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RedirectsTest {
    private static final List<Redirects.Redirect> TWO = List.of(
            new Redirects.Redirect(new Port(Transport.TCP, 8080), 9900),
            new Redirects.Redirect(new Port(Transport.UDP, 53), 9901));

    @TempDir
    Path directory;

    @Test
    void oneTransactionThatReplacesOurTable() {
        assertEquals(
                """
                add table ip telepresence
                delete table ip telepresence
                table ip telepresence {
                  chain prerouting {
                    type nat hook prerouting priority -99; policy accept;
                    iifname != "lo" tcp dport 8080 redirect to :9900
                    iifname != "lo" udp dport 53 redirect to :9901
                  }
                }
                """,
                Redirects.script("ip", TWO));
    }

    /** Without the agent's number in it: no process of ours takes part. */
    @Test
    void aDirectPortLeadsToTheApplication() {
        String script =
                Redirects.script("ip6", List.of(new Redirects.Redirect(new Port(Transport.TCP, 8080), 9900, 9902)));
        assertEquals(
                """
                add table ip6 telepresence
                delete table ip6 telepresence
                table ip6 telepresence {
                  chain prerouting {
                    type nat hook prerouting priority -99; policy accept;
                    iifname != "lo" tcp dport 8080 redirect to :9900
                    iifname != "lo" tcp dport 9902 redirect to :8080
                  }
                  chain output {
                    type nat hook output priority -99; policy accept;
                    oifname "lo" tcp dport 9902 dnat to :8080
                  }
                }
                """,
                script);
    }

    @Test
    void nothingToRedirectTakesTheTableAway() {
        assertEquals("add table ip6 telepresence\ndelete table ip6 telepresence\n", Redirects.script("ip6", List.of()));
    }

    @Test
    void bothFamiliesAreSet() throws Exception {
        Path said = directory.resolve("said");
        new Redirects(nft("cat >> " + said)).apply(TWO);
        assertEquals(Redirects.script("ip", TWO) + Redirects.script("ip6", TWO), Files.readString(said));
    }

    @Test
    void aRefusalIsOneSentenceWithNftsOwnWords() throws IOException {
        Path nft = nft("cat > /dev/null; echo 'Error: Operation not permitted'; echo more; exit 1");
        Fault fault = assertThrows(FaultException.class, () -> new Redirects(nft).apply(TWO))
                .fault();
        assertTrue(fault.text().endsWith("Error: Operation not permitted"), fault.text());
        assertTrue(fault.remedy().contains("NET_ADMIN"));
    }

    @Test
    void aMissingProgramIsNamed() {
        Fault fault = assertThrows(FaultException.class, () -> new Redirects(Path.of("/no/nft")).apply(TWO))
                .fault();
        assertTrue(fault.text().contains("/no/nft"), fault.text());
        assertEquals(1, fault.toString().lines().count());
    }

    @Test
    void aRefusalOfIpv6OnlyCountsWhereThePodHasIpv6() throws Exception {
        Path nft = nft("grep -q ip6 && { echo no ip6; exit 1; }; exit 0");
        new Redirects(nft, directory.resolve("absent")).apply(TWO);
        Path interfaces = Files.writeString(
                directory.resolve("if_inet6"), "00000000000000000000000000000001 01 80 10 80       lo\n");
        new Redirects(nft, interfaces).apply(TWO);
        Files.writeString(interfaces, "fd000000000000000000000000000007 02 40 00 80     eth0\n");
        assertThrows(FaultException.class, () -> new Redirects(nft, interfaces).apply(TWO));
    }

    private Path nft(String script) throws IOException {
        Path program = Files.writeString(directory.resolve("nft"), "#!/bin/sh\n" + script + "\n");
        return Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
