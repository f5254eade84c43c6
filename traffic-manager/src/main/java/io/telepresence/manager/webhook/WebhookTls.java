package io.telepresence.manager.webhook;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;

/** Shows in each handshake the certificate that {@link WebhookKeys} chooses; its id is the alias. Thread-safe. */
final class WebhookTls extends X509ExtendedKeyManager {
    private final WebhookKeys keys;

    WebhookTls(WebhookKeys keys) {
        this.keys = keys;
    }

    SSLContext context() throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(new KeyManager[] {this}, null, null);
        return context;
    }

    @Override
    public String chooseEngineServerAlias(String keyType, Principal[] issuers, SSLEngine engine) {
        WebhookPair pair = keys.pair();
        return pair.key().getAlgorithm().equals(keyType) ? pair.id() : null;
    }

    @Override
    public String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
        return chooseEngineServerAlias(keyType, issuers, null);
    }

    @Override
    public String[] getServerAliases(String keyType, Principal[] issuers) {
        return new String[] {keys.pair().id()};
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
        return keys.pair(alias).chain();
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
        return keys.pair(alias).key();
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
