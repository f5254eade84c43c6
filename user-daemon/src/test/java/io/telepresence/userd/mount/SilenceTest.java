package io.telepresence.userd.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** A wait is counted only while an answer is due, and from the last sign of life. */
class SilenceTest {
    private final Silence silence = new Silence();

    @Test
    void whoHasAskedNothingDoesNotWait() {
        assertEquals(0, silence.nanos(1_000));
        silence.asked(0, 10);
        assertEquals(0, silence.nanos(1_000));
    }

    @Test
    void theFirstQuestionBeginsTheWaitAndLaterOnesDoNotBeginItAgain() {
        silence.asked(1, 10);
        silence.asked(2, 50);
        assertEquals(90, silence.nanos(100));
    }

    @Test
    void everyByteIsASignOfLife() {
        silence.asked(2, 10);
        silence.heard(0, 60);
        assertEquals(40, silence.nanos(100));
        silence.heard(1, 80);
        assertEquals(20, silence.nanos(100), "one answer is due still");
        silence.heard(1, 90);
        assertEquals(0, silence.nanos(100));
        silence.asked(1, 200);
        assertEquals(5, silence.nanos(205), "another question begins another wait");
    }

    @Test
    void packetsAreCountedWhereverTheBytesAreCut() {
        byte[] three = {0, 0, 0, 2, 'a', 'b', 0, 0, 0, 0, 0, 0, 0, 1, 'c'};
        for (int first = 0; first <= three.length; first++) {
            for (int second = first; second <= three.length; second++) {
                PacketCount count = new PacketCount();
                int packets = count.feed(ByteBuffer.wrap(three, 0, first))
                        + count.feed(ByteBuffer.wrap(three, first, second - first))
                        + count.feed(ByteBuffer.wrap(three, second, three.length - second));
                assertEquals(3, packets, "cut at " + first + " and " + second);
            }
        }
    }

    @Test
    void aLengthOfMoreThanTwoGigabytesIsOnePacket() {
        PacketCount count = new PacketCount();
        assertEquals(1, count.feed(ByteBuffer.wrap(new byte[] {(byte) 0xff, 0, 0, 0})));
        assertEquals(0, count.feed(ByteBuffer.wrap(new byte[4096])));
    }
}
