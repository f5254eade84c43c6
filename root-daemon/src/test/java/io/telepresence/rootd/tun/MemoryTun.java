package io.telepresence.rootd.tun;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A TUN device made of two queues of packets, each with its virtio-net header. The test plays the host. */
public final class MemoryTun implements Tun {
    private static final byte[] END = {};
    private static final byte[] LOST = {};

    private final BlockingQueue<byte[]> fromHost = new LinkedBlockingQueue<>();
    private final BlockingQueue<byte[]> toHost = new LinkedBlockingQueue<>();
    private volatile boolean closed;

    /** Gives a packet of the host to the reader. */
    public void fromHost(byte[] packet) {
        fromHost.add(packet);
    }

    /** Somebody takes the device away, as {@code ip link del} does. */
    public void lose() {
        fromHost.add(LOST);
    }

    /** The next packet that was written to the host; null if none comes within five seconds. */
    public byte[] toHost() throws InterruptedException {
        return toHost.poll(5, TimeUnit.SECONDS);
    }

    /** The same without waiting. */
    public byte[] toHostNow() {
        return toHost.poll();
    }

    public boolean isClosed() {
        return closed;
    }

    @Override
    public String name() {
        return "memory0";
    }

    @Override
    public int mtu() {
        return 1500;
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        try {
            byte[] packet = fromHost.take();
            if (packet == END) {
                fromHost.add(END);
                return -1;
            }
            if (packet == LOST) {
                throw new IOException("File descriptor in bad state");
            }
            into.put(0, packet);
            return packet.length;
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    @Override
    public void write(ByteBuffer packet, int length) throws IOException {
        if (closed) {
            throw new IOException("closed");
        }
        byte[] copy = new byte[length];
        packet.get(0, copy);
        toHost.add(copy);
    }

    @Override
    public void close() {
        closed = true;
        fromHost.add(END);
    }
}
