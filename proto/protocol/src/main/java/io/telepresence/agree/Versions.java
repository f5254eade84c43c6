package io.telepresence.agree;

import io.telepresence.rpc.common.VersionInfo;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** This build's version, and which peers it talks to. */
public final class Versions {
    /**
     * Level of the wire protocol; peers talk if their levels differ by one at most. Raised when something on the wire is
     * replaced: both forms are written at the new level, and the old one may go with the next.
     *
     * <ol>
     *   <li>The first.
     *   <li>The state of an engagement is an enum; its text is for level 1.
     * </ol>
     */
    public static final int PROTOCOL = 2;

    /** Semantic version with a leading v, for example {@code v0.1.0}. */
    public static final String VERSION = "v" + read();

    private Versions() {}

    public static VersionInfo info(String name) {
        return VersionInfo.newBuilder()
                .setName(name)
                .setVersion(VERSION)
                .setProtocol(PROTOCOL)
                .build();
    }

    /** Whether a peer of that protocol level can be talked to. */
    public static boolean compatible(int peerProtocol) {
        return Math.abs(peerProtocol - PROTOCOL) <= 1;
    }

    /** Of a peer that is not {@link #compatible}: whether the peer is the older of the two. */
    public static boolean tooOld(int peerProtocol) {
        return peerProtocol < PROTOCOL;
    }

    private static String read() {
        try (InputStream in = Versions.class.getResourceAsStream("version.properties")) {
            Properties properties = new Properties();
            properties.load(in);
            return properties.getProperty("version");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
