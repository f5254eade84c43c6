package io.telepresence.userd.podaccess;

import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Addresses that name nobody in particular. */
public final class Addresses {
    /** This machine, no port: the caller of a flow that no local socket stands behind. */
    public static final InetSocketAddress UNNAMED = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    private Addresses() {}
}
