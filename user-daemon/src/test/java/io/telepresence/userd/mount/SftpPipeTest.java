package io.telepresence.userd.mount;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoopGroup;
import io.telepresence.agree.Transport;
import io.telepresence.fault.FaultException;
import io.telepresence.local.Loops;
import io.telepresence.testing.Awaits;
import io.telepresence.tunnel.FlowKey;
import io.telepresence.tunnel.MemoryFlow;
import io.telepresence.tunnel.RecordingHandler;
import io.telepresence.tunnel.ResetReason;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What sshfs says goes to the pod, what the pod says goes to sshfs, and each hears of the other's end, once. */
@Timeout(60)
class SftpPipeTest {
    private static final Duration LONG = Duration.ofHours(1);
    private static final InetSocketAddress ANY = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);

    private final EventLoopGroup loops = Loops.create("sftp-test", 1);
    private final RecordingHandler pod = new RecordingHandler(0);
    private MemoryFlow.Pair flows;
    private Process process;

    @BeforeEach
    void open() throws Exception {
        flows = MemoryFlow.pair(new FlowKey(Transport.TCP, ANY, ANY), loops.next());
        on(() -> flows.accepting().handler(pod));
        flows.accepting().request(1000);
    }

    @AfterEach
    void close() throws Exception {
        if (process != null) {
            process.destroyForcibly().waitFor();
        }
        Loops.shutdown(loops);
    }

    private void on(Runnable work) throws Exception {
        loops.next().submit(work).get(30, TimeUnit.SECONDS);
    }

    private SftpPipe start(Duration patience, String... command) throws Exception {
        process = new ProcessBuilder(command).start();
        SftpPipe pipe = new SftpPipe();
        on(() -> flows.opening().handler(pipe));
        flows.opening().request(1);
        on(flows.accepting()::opened);
        assertEquals(flows.opening(), pipe.opened().get(30, TimeUnit.SECONDS));
        pipe.start(flows.opening(), process, patience);
        return pipe;
    }

    private static String end(SftpPipe pipe) throws Exception {
        return pipe.ended().get(30, TimeUnit.SECONDS);
    }

    private void assertProcessSeesTheEnd() throws Exception {
        assertTrue(process.waitFor(30, TimeUnit.SECONDS), "the process waits for input that never comes");
        pod.closed.get(30, TimeUnit.SECONDS);
    }

    @Test
    void bytesPassThroughTheProcessUnchanged() throws Exception {
        SftpPipe pipe = start(LONG, "cat");
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 200; i++) {
            String text = "answer " + i + "\n";
            all.append(text);
            on(() -> flows.accepting().write(Unpooled.copiedBuffer(text, UTF_8)));
        }
        Awaits.that("everything came back", () -> new String(pod.bytes(), UTF_8).contentEquals(all));
        assertFalse(pipe.ended().isDone());
        pipe.end("not needed any more");
        assertProcessSeesTheEnd();
        assertEquals("not needed any more", end(pipe));
    }

    @Test
    void theEndOfTheProcessEndsTheFlow() throws Exception {
        SftpPipe pipe = start(LONG, "true");
        assertTrue(end(pipe).startsWith("sshfs "), end(pipe));
        assertEquals(ResetReason.ABORTED, pod.reset.get(30, TimeUnit.SECONDS));
        assertProcessSeesTheEnd();
    }

    @Test
    void theEndOfTheAgentEndsTheProcess() throws Exception {
        SftpPipe pipe = start(LONG, "cat");
        on(flows.accepting()::finish);
        assertEquals("the pod's agent has ended", end(pipe));
        assertProcessSeesTheEnd();
    }

    @Test
    void aBreakSaysWhyAndEndsTheProcess() throws Exception {
        SftpPipe pipe = start(LONG, "cat");
        flows.accepting().reset(ResetReason.ABORTED, "the pod is gone");
        assertEquals("the pod is gone", end(pipe));
        assertProcessSeesTheEnd();
    }

    @Test
    void aQuestionThatIsNotAnsweredEndsIt() throws Exception {
        // One packet of one byte, and then nothing.
        SftpPipe pipe = start(Duration.ofMillis(50), "sh", "-c", "printf '\\0\\0\\0\\1x'; exec cat");
        assertEquals("no answer within 0 s", end(pipe));
        assertProcessSeesTheEnd();
    }

    @Test
    void whoAsksNothingMayBeSilent() throws Exception {
        SftpPipe pipe = start(Duration.ofMillis(5), "cat");
        // Many looks at the clock, and as many beats of the loop.
        for (int i = 0; i < 50; i++) {
            loops.next().schedule(() -> {}, 2, TimeUnit.MILLISECONDS).get(30, TimeUnit.SECONDS);
        }
        assertFalse(pipe.ended().isDone());
        pipe.end("enough");
        assertProcessSeesTheEnd();
    }

    @Test
    void anAgentThatRefusesIsAFault() throws Exception {
        SftpPipe pipe = new SftpPipe();
        on(() -> flows.opening().handler(pipe));
        flows.accepting().reset(ResetReason.DENIED, "this engagement has no volumes");
        ExecutionException refused =
                assertThrows(ExecutionException.class, () -> pipe.opened().get(30, TimeUnit.SECONDS));
        FaultException fault = assertInstanceOf(FaultException.class, refused.getCause());
        assertEquals("this engagement has no volumes", fault.fault().text());
    }
}
