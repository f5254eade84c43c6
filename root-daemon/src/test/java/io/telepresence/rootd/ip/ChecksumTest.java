package io.telepresence.rootd.ip;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ChecksumTest {
    private final Random random = new Random(7);

    @Test
    void knownHeader() {
        ByteBuffer b = ByteBuffer.wrap(HexFormat.of().parseHex("45000073000040004011" + "0000" + "c0a80001c0a800c7"));
        assertEquals((short) 0xb861, Checksum.finish(Checksum.sum(b, 0, 20)));
    }

    @Test
    void sumIsThatOfTheTextbookForEveryLengthAndPlace() {
        byte[] bytes = new byte[70_000];
        random.nextBytes(bytes);
        ByteBuffer b = ByteBuffer.wrap(bytes);
        for (int length = 0; length < 64; length++) {
            for (int at = 0; at < 9; at++) {
                assertEquals(TestPackets.naive(bytes, at, length, 0), Checksum.fold(Checksum.sum(b, at, length)));
            }
        }
        assertEquals(TestPackets.naive(bytes, 0, 65_535, 0), Checksum.fold(Checksum.sum(b, 0, 65_535)));
        java.util.Arrays.fill(bytes, (byte) 0xff);
        assertEquals(0xffff, Checksum.fold(Checksum.sum(b, 0, 65_535 & ~1)));
    }

    @Test
    void changingAWordIncrementallyIsLikeSummingAgain() {
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = new byte[24];
            random.nextBytes(bytes);
            ByteBuffer b = ByteBuffer.wrap(bytes);
            b.putShort(22, (short) 0).putShort(22, Checksum.finish(Checksum.sum(b, 0, 22)));
            long next = round % 10 == 0 ? -(round & 1) : random.nextLong();
            int delta = Checksum.delta64(b.getLong(8), next) + Checksum.delta32(b.getInt(0), (int) next);
            b.putLong(8, next).putInt(0, (int) next);
            Checksum.update(b, 22, delta);
            assertEquals(0xffff, TestPackets.naive(bytes, 0, 24, 0), "round " + round);
        }
    }
}
