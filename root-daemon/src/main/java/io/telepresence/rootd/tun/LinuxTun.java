package io.telepresence.rootd.tun;

import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * A TUN device of Linux with a virtio-net header and TCP segmentation offload, so that one call moves up to 64 KiB. It
 * is not persistent: it goes with its file descriptor, also when the process is killed.
 *
 * <p>The descriptor is non-blocking: a reader that finds nothing polls it together with an eventfd, which
 * {@link #close} writes to. Calls hold the read half of a lock, and closing takes the write half, so that a descriptor
 * number is never used once it may belong to someone else.
 */
public final class LinuxTun implements Tun {
    private static final String PATTERN = "tel%d";

    private final LibC c;
    private final int fd;
    private final PacketWait packets;
    private final String name;
    private final int mtu;
    private final ReadWriteLock descriptors = new ReentrantReadWriteLock();
    private final AtomicBoolean closed = new AtomicBoolean();

    private LinuxTun(LibC c, int fd, PacketWait packets, String name, int mtu) {
        this.c = c;
        this.fd = fd;
        this.name = name;
        this.mtu = mtu;
        this.packets = packets;
    }

    /**
     * Makes the first free device of {@code tel0}, {@code tel1} and so on. It is down and has no address.
     *
     * @param mtu what the caller is going to set
     * @throws FaultException tells the user why this machine does not give us one
     */
    public static LinuxTun open(int mtu) throws FaultException {
        LibC c = loadLibrary();
        int fd = c.open(TunDiagnosis.DEVICE, LibC.O_RDWR | LibC.O_CLOEXEC | LibC.O_NONBLOCK);
        if (fd < 0) {
            throw TunDiagnosis.explain(TunDiagnosis.Step.OPEN, c.errno()).exception();
        }
        try {
            String name = TunIoctl.attach(c, fd, PATTERN);
            TunIoctl.offload(c, fd);
            int wake = c.eventfd(0, LibC.O_CLOEXEC | LibC.O_NONBLOCK);
            if (wake < 0) {
                throw TunDiagnosis.explain(TunDiagnosis.Step.EVENTFD, c.errno()).exception();
            }
            return new LinuxTun(c, fd, new PacketWait(c, fd, wake), name, mtu);
        } catch (FaultException | RuntimeException e) {
            c.close(fd);
            throw e;
        }
    }

    private static LibC loadLibrary() throws FaultException {
        try {
            return LibC.load();
        } catch (LinkageError | RuntimeException e) {
            throw TunDiagnosis.noLibrary(e).exception(e);
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int mtu() {
        return mtu;
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        ByteBuffer whole = whole(into);
        descriptors.readLock().lock();
        try {
            while (!closed.get()) {
                long n = c.read(fd, whole, whole.capacity());
                if (n >= 0) {
                    return (int) n;
                }
                int errno = c.errno();
                if (errno == LibC.EAGAIN) {
                    packets.await(name);
                } else if (errno != LibC.EINTR) {
                    throw new IOException("reading " + name + ": errno " + errno);
                }
            }
            return -1;
        } finally {
            Reference.reachabilityFence(into);
            descriptors.readLock().unlock();
        }
    }

    @Override
    public void write(ByteBuffer packet, int length) throws IOException {
        ByteBuffer whole = whole(packet);
        descriptors.readLock().lock();
        try {
            if (closed.get()) {
                throw new IOException(name + " is closed");
            }
            if (c.write(fd, whole, length) < 0) {
                int errno = c.errno();
                if (errno != LibC.EAGAIN && errno != LibC.ENOBUFS && errno != LibC.ENOMEM && errno != LibC.EINTR) {
                    throw new IOException("writing to " + name + ": errno " + errno);
                }
            }
        } finally {
            Reference.reachabilityFence(packet);
            descriptors.readLock().unlock();
        }
    }

    /** jnr-ffi counts from the position and copies heap buffers: insist on the form in which neither matters. */
    private static ByteBuffer whole(ByteBuffer b) {
        if (!b.isDirect() || b.position() != 0 || b.limit() != b.capacity()) {
            throw new IllegalArgumentException("not a whole direct buffer: " + b);
        }
        return b;
    }

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        packets.end();
        descriptors.writeLock().lock();
        try {
            c.close(fd);
            packets.close();
        } finally {
            descriptors.writeLock().unlock();
        }
    }

    @Override
    public String toString() {
        return name;
    }

    /** Waits for a packet, or for the end; closed when nobody can be waiting any more. */
    private static final class PacketWait {
        private final LibC c;
        private final int wake;
        /**
         * The two {@code struct pollfd}. A field, because native code gets only its address: while the call waits, the
         * garbage collector would free a buffer that nobody else holds, and the kernel would write into what comes there.
         */
        private final ByteBuffer polled = ByteBuffer.allocateDirect(16).order(ByteOrder.nativeOrder());

        /** @param wake an eventfd; owned */
        PacketWait(LibC c, int fd, int wake) {
            this.c = c;
            this.wake = wake;
            short readable = 1;
            polled.putInt(0, fd).putShort(4, readable).putInt(8, wake).putShort(12, readable);
        }

        void await(String device) throws IOException {
            try {
                int ready = c.poll(polled, 2, -1);
                if (ready < 0 && c.errno() != LibC.EINTR) {
                    throw new IOException("waiting for " + device + ": errno " + c.errno());
                }
            } finally {
                Reference.reachabilityFence(polled);
            }
        }

        /** Whoever waits, or will, returns at once. */
        void end() {
            ByteBuffer one = ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder());
            one.putLong(0, 1);
            c.write(wake, one, 8);
            Reference.reachabilityFence(one);
        }

        void close() {
            c.close(wake);
        }
    }

    /** The two calls that turn {@code /dev/net/tun} into a device (linux/if_tun.h). */
    private static final class TunIoctl {
        private static final int IFF_TUN = 0x1;
        private static final int IFF_NO_PI = 0x1000;
        private static final int IFF_VNET_HDR = 0x4000;
        private static final long SET_IFF = 0x4004_54caL;
        private static final long SET_OFFLOAD = 0x4004_54d0L;

        /** Checksum, TSO4, TSO6, TSO with ECN. No USO: UDP super-packets would have to be cut here. */
        private static final long OFFLOADS = 0x0f;

        private static final int NAME_LENGTH = 16;
        private static final int REQUEST_LENGTH = 40;

        static String attach(LibC c, int fd, String pattern) throws FaultException {
            ByteBuffer request = ByteBuffer.allocate(REQUEST_LENGTH).order(ByteOrder.nativeOrder());
            request.put(0, pattern.getBytes(StandardCharsets.US_ASCII));
            request.putShort(NAME_LENGTH, (short) (IFF_TUN | IFF_NO_PI | IFF_VNET_HDR));
            if (c.ioctl(fd, SET_IFF, request.array()) < 0) {
                throw TunDiagnosis.explain(TunDiagnosis.Step.ATTACH, c.errno()).exception();
            }
            int end = 0;
            while (end < NAME_LENGTH && request.get(end) != 0) {
                end++;
            }
            return new String(request.array(), 0, end, StandardCharsets.US_ASCII);
        }

        static void offload(LibC c, int fd) throws FaultException {
            if (c.ioctl(fd, SET_OFFLOAD, OFFLOADS) < 0) {
                throw TunDiagnosis.explain(TunDiagnosis.Step.OFFLOAD, c.errno()).exception();
            }
        }
    }
}
