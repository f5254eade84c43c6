package io.telepresence.rootd.dns;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.EventLoopGroup;
import io.telepresence.local.FreePorts;
import io.telepresence.local.Loops;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/** The server on a loopback port, a fake cluster, and a fake nameserver of the machine. */
class DnsServerTest {
    private static final long SECOND = 1_000_000_000L;

    private final EventLoopGroup loops = Loops.create("dns-test", 1);
    private final AtomicLong now = new AtomicLong();
    private final List<String> asked = new ArrayList<>();
    private final Map<String, LookupAnswer> cluster = new HashMap<>();
    private final byte[] foreign = {9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 1, 2, 3};
    private boolean upstreamAnswers = true;
    private boolean upstreamEnded;
    private InetSocketAddress address;
    private DnsServer server;
    private Resolver resolver;

    @BeforeEach
    void open() throws IOException {
        address = new InetSocketAddress("127.0.0.1", FreePorts.one());
        resolver = new Resolver(settings("shop"), this::lookup, this::upstream, now::get);
        server = DnsServer.open(loops, List.of(address), resolver);
        web("web.shop.svc.cluster.local", 30, 10, 96, 0, 80);
    }

    @AfterEach
    void close() {
        server.close();
        Loops.shutdown(loops);
    }

    @Test
    void theAnswerBearsTheNameThatWasAsked() throws IOException {
        Message reply = ask("WeB.shop", Type.A);
        assertEquals("WeB.shop.\t\t4\tIN\tA\t10.96.0.80", only(reply).toString());
        assertTrue(reply.getHeader().getFlag(Flags.RA));
    }

    @Test
    void equalQuestionsAreAskedOnceUntilTheRecordIsOld() throws IOException {
        ask("web.shop", Type.A);
        now.set(29 * SECOND);
        ask("web.shop", Type.A);
        assertEquals(List.of("web.shop.svc.cluster.local A"), asked);
        now.set(31 * SECOND);
        ask("web.shop", Type.A);
        assertEquals(2, asked.size());
    }

    @Test
    void otherSettingsForgetWhatWasKnown() throws IOException {
        ask("web", Type.A);
        web("web.other.svc.cluster.local", 30, 10, 96, 0, 81);
        resolver.settings(settings("other"));
        assertEquals("10.96.0.81", only(ask("web", Type.A)).rdataToString());
    }

    @Test
    void aNameWithAnAddressOfTheOtherFamilyExists() throws IOException {
        Message reply = ask("web.shop", Type.AAAA);
        assertEquals(Rcode.NOERROR, reply.getRcode());
        assertTrue(reply.getSection(Section.ANSWER).isEmpty());
    }

    @Test
    void aPortThatIsTakenIsNamedAndNothingIsLeftOpen() throws IOException {
        InetSocketAddress free = new InetSocketAddress("127.0.0.1", FreePorts.one());
        InetSocketAddress taken = new InetSocketAddress("127.0.0.2", free.getPort());
        try (ServerSocket other = new ServerSocket()) {
            other.bind(taken);
            IOException error =
                    assertThrows(IOException.class, () -> DnsServer.open(loops, List.of(free, taken), resolver));
            assertEquals(
                    "cannot serve DNS on 127.0.0.2, port " + free.getPort() + ", TCP: Address already in use",
                    error.getMessage());
        }
        // At both addresses, with both protocols.
        DnsServer.open(loops, List.of(free, taken), resolver).close();
    }

    @Test
    void anAddressThatThisMachineDoesNotHaveIsNamed() {
        InetSocketAddress nobodys = new InetSocketAddress("192.0.2.7", address.getPort());
        IOException error = assertThrows(IOException.class, () -> DnsServer.open(loops, List.of(nobodys), resolver));
        assertEquals(
                "cannot serve DNS on 192.0.2.7, port " + address.getPort() + ", UDP: Cannot assign requested address",
                error.getMessage());
    }

    @Test
    void othersAnswersPassByteForByte() throws IOException {
        byte[] query = query("www.example.com", Type.MX).toWire();
        byte[] reply = exchange(query);
        assertArrayEquals(new byte[] {query[0], query[1]}, new byte[] {reply[0], reply[1]});
        assertArrayEquals(new byte[] {1, 2, 3}, new byte[] {reply[12], reply[13], reply[14]});
        assertEquals(List.of(), asked);
    }

    @Test
    void aPublicNameBelowANamespacesNameIsTheMachines() throws IOException {
        assertEquals(15, exchange(query("golang.staging", Type.A).toWire()).length);
        assertEquals(List.of("golang.staging.svc.cluster.local A", "golang.staging.svc.cluster.local AAAA"), asked);
    }

    @Test
    void aPublicNameIsNotTheClustersThoughItHasOneOfThatName() throws IOException {
        web("example.dev.svc.cluster.local", 30, 10, 96, 0, 66);
        assertEquals(15, exchange(query("example.dev", Type.A).toWire()).length);
        upstreamAnswers = false;
        assertEquals(Rcode.SERVFAIL, ask("example.dev", Type.A).getRcode());
        assertEquals(List.of(), asked);
    }

    @Test
    void whatIsNoPublicNameIsTheClusters() throws IOException {
        foreign[3] = Rcode.NXDOMAIN;
        web("web.dev.svc.cluster.local", 30, 10, 96, 0, 80);
        assertEquals("10.96.0.80", only(ask("web.dev", Type.A)).rdataToString());
        assertEquals(15, exchange(query("none.dev", Type.A).toWire()).length, "the public answer");
        assertEquals(Rcode.SERVFAIL, ask("silent.dev", Type.A).getRcode());
    }

    @Test
    void aSilentClusterIsAServerFailureNotAMissingName() throws IOException {
        assertEquals(
                Rcode.SERVFAIL, ask("silent.shop.svc.cluster.local", Type.A).getRcode());
        upstreamAnswers = false;
        assertEquals(Rcode.SERVFAIL, ask("www.example.com", Type.A).getRcode());
    }

    @Test
    void whatFailsAtOnceTakesNoRoomForGood() throws Exception {
        upstreamEnded = true;
        byte[] query = query("www.example.com", Type.A).toWire();
        for (int i = 0; i < 600; i++) {
            byte[] reply = resolver.respond(query, false).get(5, TimeUnit.SECONDS);
            assertEquals(Rcode.SERVFAIL, new Message(reply).getRcode());
        }
        upstreamEnded = false;
        assertEquals(15, resolver.respond(query, false).get(5, TimeUnit.SECONDS).length);
    }

    @Test
    void noSuchNameInTheCluster() throws IOException {
        assertEquals(Rcode.NXDOMAIN, ask("no.shop.svc.cluster.local", Type.A).getRcode());
        assertEquals(Rcode.NXDOMAIN, ask("no.tel2-search", Type.A).getRcode());
    }

    @Test
    void mappedNamesAreAliases() throws IOException {
        Message reply = ask("db.mapped", Type.A);
        List<Record> answers = reply.getSection(Section.ANSWER);
        assertEquals("db.mapped.\t\t4\tIN\tCNAME\tweb.shop.", answers.get(0).toString());
        assertEquals("web.shop.\t\t4\tIN\tA\t10.96.0.80", answers.get(1).toString());
    }

    @Test
    void whatDoesNotFitComesOverTcp() throws IOException {
        List<LookupAnswer.Record> many = new ArrayList<>();
        for (int i = 1; i <= 60; i++) {
            many.add(record("many.shop.svc.cluster.local", 5, 10, 244, 0, i));
        }
        cluster.put("many.shop.svc.cluster.local A", new LookupAnswer(0, many));
        Message overUdp = ask("many.shop", Type.A);
        assertTrue(overUdp.getHeader().getFlag(Flags.TC));
        assertTrue(overUdp.toWire().length <= 512);
        assertEquals(60, overTcp("many.shop").getSection(Section.ANSWER).size());
    }

    private CompletionStage<LookupAnswer> lookup(String name, int type) {
        asked.add(name + " " + Type.string(type));
        if (name.startsWith("silent.")) {
            return CompletableFuture.failedFuture(new IOException("deadline"));
        }
        LookupAnswer known = cluster.get(name + " " + Type.string(type));
        return CompletableFuture.completedFuture(known == null ? new LookupAnswer(Rcode.NXDOMAIN, List.of()) : known);
    }

    private CompletableFuture<byte[]> upstream(byte[] query, boolean overTcp) {
        if (upstreamEnded) {
            throw new RejectedExecutionException("event loop shut down");
        }
        if (!upstreamAnswers) {
            return CompletableFuture.failedFuture(new IOException("no route"));
        }
        byte[] reply = foreign.clone();
        reply[0] = query[0];
        reply[1] = query[1];
        return CompletableFuture.completedFuture(reply);
    }

    private void web(String name, long ttl, int... bytes) {
        cluster.put(name + " A", new LookupAnswer(0, List.of(record(name, ttl, bytes))));
    }

    private static LookupAnswer.Record record(String name, long ttl, int... bytes) {
        byte[] data = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            data[i] = (byte) bytes[i];
        }
        return new LookupAnswer.Record(name, Type.A, ttl, data);
    }

    private static DnsSettings settings(String namespace) {
        return new DnsSettings(
                "cluster.local",
                namespace,
                List.of("shop", "staging", "dev"),
                false,
                List.of(),
                List.of(".com"),
                List.of(),
                Map.of("db.mapped", "web.shop"),
                List.of(),
                List.of());
    }

    private static Message query(String name, int type) throws IOException {
        return Message.newQuery(Record.newRecord(Name.fromString(name + "."), type, DClass.IN));
    }

    private Message ask(String name, int type) throws IOException {
        return new Message(exchange(query(name, type).toWire()));
    }

    private byte[] exchange(byte[] query) throws IOException {
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.setSoTimeout(5000);
            socket.send(new DatagramPacket(query, query.length, address));
            DatagramPacket reply = new DatagramPacket(new byte[4096], 4096);
            socket.receive(reply);
            return ByteBuffer.allocate(reply.getLength())
                    .put(reply.getData(), 0, reply.getLength())
                    .array();
        }
    }

    private Message overTcp(String name) throws IOException {
        byte[] query = query(name, Type.A).toWire();
        try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
            socket.setSoTimeout(5000);
            socket.getOutputStream()
                    .write(ByteBuffer.allocate(2 + query.length)
                            .putShort((short) query.length)
                            .put(query)
                            .array());
            DataInputStream in = new DataInputStream(socket.getInputStream());
            return new Message(in.readNBytes(in.readUnsignedShort()));
        }
    }

    private static Record only(Message reply) {
        assertEquals(1, reply.getSection(Section.ANSWER).size());
        return reply.getSection(Section.ANSWER).getFirst();
    }
}
