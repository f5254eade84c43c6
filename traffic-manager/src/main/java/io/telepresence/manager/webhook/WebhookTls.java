package io.telepresence.manager.webhook;

import io.telepresence.base.Pem;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The webhook's certificate: {@code tls.crt} and {@code tls.key} in a mounted secret. Read again when the files
 * change, so an upgrade that renews them needs no restart. Thread-safe.
 */
public final class WebhookTls extends X509ExtendedKeyManager {
    private static final Logger LOG = LoggerFactory.getLogger(WebhookTls.class);
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(10);
    private static final String ALIAS = "webhook";

    private record Identity(X509Certificate[] chain, PrivateKey key, FileTime written) {}

    private final Path directory;
    private Identity identity;
    private Instant looked;

    private WebhookTls(Path directory, Identity identity) {
        this.directory = directory;
        this.identity = identity;
        this.looked = Instant.now();
    }

    /** @throws IOException a file is missing; GeneralSecurityException it cannot be read */
    public static WebhookTls open(Path directory) throws IOException, GeneralSecurityException {
        return new WebhookTls(directory, read(directory));
    }

    SSLContext context() throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(new KeyManager[] {this}, null, null);
        return context;
    }

    private static Identity read(Path directory) throws IOException, GeneralSecurityException {
        Path certificate = directory.resolve("tls.crt");
        FileTime written = Files.getLastModifiedTime(certificate);
        return new Identity(
                Pem.certificates(certificate).toArray(X509Certificate[]::new),
                Pem.key(directory.resolve("tls.key")),
                written);
    }

    private synchronized Identity identity() {
        Instant now = Instant.now();
        if (looked.plus(LOOK_AGAIN).isBefore(now)) {
            looked = now;
            try {
                if (!Files.getLastModifiedTime(directory.resolve("tls.crt")).equals(identity.written())) {
                    identity = read(directory);
                    LOG.info("the webhook's certificate has changed");
                }
            } catch (IOException | GeneralSecurityException e) {
                LOG.warn("the webhook's certificate cannot be read again; the present one stays", e);
            }
        }
        return identity;
    }

    @Override
    public String chooseEngineServerAlias(String keyType, Principal[] issuers, SSLEngine engine) {
        return identity().key().getAlgorithm().equals(keyType) ? ALIAS : null;
    }

    @Override
    public String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
        return chooseEngineServerAlias(keyType, issuers, null);
    }

    @Override
    public String[] getServerAliases(String keyType, Principal[] issuers) {
        return new String[] {ALIAS};
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
        return identity().chain().clone();
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
        return identity().key();
    }

    @Override
    public String[] getClientAliases(String keyType, Principal[] issuers) {
        return new String[0];
    }

    @Override
    public String chooseClientAlias(String[] keyType, Principal[] issuers, Socket socket) {
        return null;
    }
}
