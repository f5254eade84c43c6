package io.telepresence.userd;

import io.telepresence.userd.mount.SftpRelay;
import java.net.InetSocketAddress;

/**
 * {@code sftp-relay ADDRESS PORT}: between sshfs in a volumes container and the daemon's SFTP. Prints the port of 127.0.0.1
 * where it listens, and runs until it is killed.
 */
public final class SftpRelayMain {
    private SftpRelayMain() {}

    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 2 || !arguments[1].matches("\\d{1,5}")) {
            System.err.println("sftp-relay: error: it needs the address and the port of an SFTP server");
            System.exit(2);
        }
        InetSocketAddress server = new InetSocketAddress(arguments[0], Integer.parseInt(arguments[1]));
        try (SftpRelay relay = SftpRelay.open(server, SftpRelay.PATIENCE)) {
            System.out.println(relay.port());
            System.out.close();
            relay.run();
        }
    }
}
