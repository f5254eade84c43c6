package io.telepresence.rootd.host;

import io.telepresence.base.AddressText;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;

/** Makes this machine's programs ask our DNS server. Blocking; one thread at a time. */
public interface HostDns extends AutoCloseable {
    /** The word that {@code status} shows: {@code systemd-resolved}, {@code redirect} or {@code none}. */
    String mode();

    /** The whole wish; applying it twice changes nothing. */
    void apply(HostDnsConfig wish) throws IOException;

    /** Takes everything back; idempotent. */
    @Override
    void close();

    /** Whether names are resolved by systemd-resolved here: it runs, and programs ask it. */
    static boolean resolvedRuns(HostCommands host) {
        boolean asked = ResolvConfFile.parse(host.readOrEmpty(ResolvConfFile.FILE)).nameservers().stream()
                        .allMatch(HostDns::isStub)
                || host.readOrEmpty(Path.of("/etc/nsswitch.conf")).matches("(?s).*\\bhosts:[^\n]*\\bresolve\\b.*");
        try {
            return asked
                    && host.has("resolvectl")
                    && host.run("timeout", "1", "resolvectl", "--no-pager", "status")
                            .ok();
        } catch (IOException e) {
            return false;
        }
    }

    /** Whether this is one of the addresses on which systemd-resolved listens. */
    static boolean isStub(InetAddress address) {
        return List.of("127.0.0.53", "127.0.0.54").contains(AddressText.of(address));
    }
}
