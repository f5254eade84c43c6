package io.telepresence.local;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports that nobody uses, for TCP and UDP, and below those that the kernel gives to whoever connects: one that a test has
 * found to be free, and will listen on in a moment, is not taken meanwhile by a connection of another.
 */
public final class FreePorts {
    private static final int FIRST = 15_000;
    private static final int AFTER_LAST = 32_000;

    private FreePorts() {}

    public static int one() {
        for (int attempt = 0; attempt < 1000; attempt++) {
            int port = ThreadLocalRandom.current().nextInt(FIRST, AFTER_LAST);
            if (isFree(port)) {
                return port;
            }
        }
        throw new IllegalStateException("no port from " + FIRST + " to " + (AFTER_LAST - 1) + " is free");
    }

    private static boolean isFree(int port) {
        try (ServerSocket tcp = new ServerSocket(port, 1);
                DatagramSocket udp = new DatagramSocket(port)) {
            return tcp.isBound() && udp.isBound();
        } catch (IOException e) {
            return false;
        }
    }
}
