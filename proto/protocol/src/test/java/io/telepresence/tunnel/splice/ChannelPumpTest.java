package io.telepresence.tunnel.splice;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.agree.Transport;
import io.telepresence.testing.Awaits;
import io.telepresence.tunnel.ResetReason;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A socket and a flow become one: its bytes, its ends and its breaks, from whichever side and however early they come. */
@Timeout(60)
class ChannelPumpTest {
    private static final Duration IDLE = Duration.ofMinutes(1);

    private PumpFixture fixture;
    private PumpFixture.Dialled dialled;

    @BeforeEach
    void open() throws Exception {
        fixture = new PumpFixture(Transport.TCP);
        dialled = fixture.dial();
    }

    @AfterEach
    void close() throws Exception {
        dialled.program().close();
        fixture.close();
    }

    private void join() throws Exception {
        fixture.on(() -> {
            Splice.join(fixture.flow, dialled.channel(), Transport.TCP, IDLE);
            return null;
        });
        fixture.far.opened.get(20, TimeUnit.SECONDS);
    }

    private void assertOver() throws Exception {
        fixture.far.closed.get(20, TimeUnit.SECONDS);
        assertTrue(dialled.channel().closeFuture().await(20, TimeUnit.SECONDS), "the socket is open");
    }

    private String read() throws IOException {
        return new String(dialled.program().getInputStream().readAllBytes(), UTF_8);
    }

    private void print(String text) throws IOException {
        dialled.program().getOutputStream().write(text.getBytes(UTF_8));
    }

    @Test
    void bytesPassBothWaysAndEachDirectionEndsByItself() throws Exception {
        join();
        fixture.write("question");
        fixture.finish();
        assertEquals("question", read());
        print("ans");
        print("wer");
        dialled.program().shutdownOutput();
        assertEquals("answer", new String(fixture.far.finished.get(20, TimeUnit.SECONDS), UTF_8));
        assertOver();
        assertFalse(fixture.far.reset.isDone());
    }

    @Test
    void theProgramMayEndItsDirectionFirst() throws Exception {
        join();
        print("all I have");
        dialled.program().shutdownOutput();
        assertEquals("all I have", new String(fixture.far.finished.get(20, TimeUnit.SECONDS), UTF_8));
        fixture.write("thanks");
        fixture.finish();
        assertEquals("thanks", read());
        assertOver();
    }

    @Test
    void muchArrivesWholeAndInOrder() throws Exception {
        join();
        byte[] much = new byte[5 << 20];
        new Random(1).nextBytes(much);
        dialled.program().getOutputStream().write(much);
        dialled.program().shutdownOutput();
        assertArrayEquals(much, fixture.far.finished.get(30, TimeUnit.SECONDS));
    }

    @Test
    void aResetReachesTheOtherSideAsOne() throws Exception {
        join();
        fixture.caller.reset(ResetReason.ABORTED, "enough");
        assertThrows(IOException.class, () -> dialled.program().getInputStream().read());
        assertOver();
    }

    @Test
    void aProgramThatBreaksOffBreaksTheFlow() throws Exception {
        join();
        dialled.program().setSoLinger(true, 0);
        dialled.program().close();
        assertEquals(ResetReason.ABORTED, fixture.far.reset.get(20, TimeUnit.SECONDS));
        assertOver();
    }

    @Test
    void aSocketThatIsClosedAlreadyBreaksTheFlow() throws Exception {
        dialled.channel().close().sync();
        fixture.on(() -> {
            Splice.join(fixture.flow, dialled.channel(), Transport.TCP, IDLE);
            return null;
        });
        assertEquals(ResetReason.ABORTED, fixture.far.reset.get(20, TimeUnit.SECONDS));
        assertOver();
    }

    @Test
    void aFlowThatIsOverAlreadyBreaksTheSocket() throws Exception {
        fixture.caller.reset(ResetReason.ABORTED, "enough");
        fixture.settle();
        fixture.on(() -> {
            Splice.join(fixture.flow, dialled.channel(), Transport.TCP, IDLE);
            return null;
        });
        assertThrows(IOException.class, () -> dialled.program().getInputStream().read());
        assertOver();
    }

    @Test
    void aPumpWhoseFlowEndsBeforeItStartsClosesTheSocket() throws Exception {
        fixture.on(() -> {
            ChannelPump pump = new ChannelPump(fixture.flow);
            fixture.flow.handler(pump);
            fixture.flow.reset(ResetReason.ABORTED, "");
            dialled.channel().pipeline().addLast(pump);
            pump.start(dialled.channel());
            return null;
        });
        assertThrows(IOException.class, () -> dialled.program().getInputStream().read());
        assertOver();
    }

    @Test
    void whatAProgramSaidBeforeThePumpBeganIsNotLost() throws Exception {
        print("bye");
        dialled.program().close();
        InetSocketAddress local = (InetSocketAddress) dialled.channel().localAddress();
        Awaits.that("its end is here", () -> closeWait(local.getPort()));
        fixture.settle();
        join();
        assertEquals("bye", new String(fixture.far.finished.get(20, TimeUnit.SECONDS), UTF_8));
        fixture.finish();
        assertOver();
    }

    /** Whether the peer of the socket at this port has sent its FIN. */
    private static boolean closeWait(int port) {
        String at = String.format(":%04X ", port);
        try {
            for (String file : new String[] {"/proc/self/net/tcp", "/proc/self/net/tcp6"}) {
                for (String line : Files.readAllLines(Path.of(file))) {
                    String[] fields = line.strip().split("\\s+");
                    if ((fields[1] + " ").endsWith(at) && fields[3].equals("08")) {
                        return true;
                    }
                }
            }
            return false;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void whereNothingListensTheDialIsRefused() throws Exception {
        InetSocketAddress nobody;
        try (ServerSocket gone = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nobody = (InetSocketAddress) gone.getLocalSocketAddress();
        }
        var future = Splice.dial(fixture.loop, Transport.TCP, nobody, IDLE).awaitUninterruptibly();
        assertTrue(future.cause() instanceof ConnectException, () -> String.valueOf(future.cause()));
    }
}
