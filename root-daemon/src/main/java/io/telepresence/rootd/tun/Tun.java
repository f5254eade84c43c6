package io.telepresence.rootd.tun;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A network device whose packets come to us. Every packet, both ways, starts with a 10-byte virtio-net header (see
 * {@code rootd.ip.VnetHeader}) and may be a super-packet of up to 64 KiB.
 *
 * <p>One thread reads; any number of threads write at the same time, each with a buffer of its own. {@link #close} may
 * come from any thread, and twice.
 */
public interface Tun extends AutoCloseable {
    /** The most bytes that one packet takes, its header included; a buffer for reading needs as many. */
    int MAX_PACKET = 10 + 65_535;

    /** Name of the device, for example {@code tel0}. */
    String name();

    /** MTU that the device is given, in bytes, without the virtio-net header. */
    int mtu();

    /**
     * Waits for a packet and puts it at the start of {@code into}, a direct buffer; position and limit stay as they are.
     *
     * @return the packet's length, or -1 once the device has been closed
     */
    int read(ByteBuffer into) throws IOException;

    /**
     * Hands the first {@code length} bytes of {@code packet}, a direct buffer, to the host; position and limit stay as
     * they are. A packet that the host has no room for is dropped, like on any network.
     *
     * @throws IOException if the device is gone or refuses the packet as malformed
     */
    void write(ByteBuffer packet, int length) throws IOException;

    /** Makes {@link #read} return -1, waits for the calls in flight, and gives the device back: the kernel removes it. */
    @Override
    void close();
}
