package io.telepresence.agent.tls;

import java.nio.file.Path;
import java.util.Objects;

/**
 * Where the certificates of one port are.
 *
 * @param downstream directory with tls.crt and tls.key to answer callers with; where {@code upstream} has a key,
 *     its ca.crt tells which certificates callers must show
 * @param upstream directory with tls.crt and tls.key to show to the app, and ca.crt to know it by, each of them
 *     optional; null: none
 * @param insecure the app may show any certificate
 */
public record TlsSettings(Path downstream, Path upstream, boolean insecure) {
    public TlsSettings {
        Objects.requireNonNull(downstream);
    }
}
