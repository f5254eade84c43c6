package io.telepresence.agent.tls;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * Whom the agent believes as a client. Names in certificates are not compared: the agent has dialled an address of its
 * own pod, or a laptop through the tunnel, and callers know the app by names that the agent does not.
 */
final class Trust extends X509ExtendedTrustManager {
    /** Anybody. */
    static final Trust ANYBODY = new Trust(List.of(), true);

    private final List<X509TrustManager> any;
    private final boolean anybody;

    private Trust(List<X509TrustManager> any, boolean anybody) {
        this.any = any;
        this.anybody = anybody;
    }

    /** Those with a certificate of these authorities, or one of these certificates itself. */
    static Trust only(List<X509Certificate> authorities) throws GeneralSecurityException {
        return new Trust(List.of(manager(store(authorities))), false);
    }

    /** Those whom this machine trusts, and those besides. */
    static Trust systemAnd(List<X509Certificate> authorities) throws GeneralSecurityException {
        return new Trust(List.of(manager(store(authorities)), manager(null)), false);
    }

    /** For the other direction: who may call. */
    static X509TrustManager callers(List<X509Certificate> authorities) throws GeneralSecurityException {
        return manager(store(authorities));
    }

    private static KeyStore store(List<X509Certificate> authorities) throws GeneralSecurityException {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            for (int i = 0; i < authorities.size(); i++) {
                store.setCertificateEntry("ca" + i, authorities.get(i));
            }
            return store;
        } catch (java.io.IOException e) {
            throw new GeneralSecurityException(e);
        }
    }

    private static X509TrustManager manager(KeyStore store) throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        for (TrustManager manager : factory.getTrustManagers()) {
            if (manager instanceof X509TrustManager x509) {
                return x509;
            }
        }
        throw new GeneralSecurityException("no X.509");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String kind) throws CertificateException {
        if (anybody) {
            return;
        }
        CertificateException first = null;
        for (X509TrustManager manager : any) {
            try {
                manager.checkServerTrusted(chain, kind);
                return;
            } catch (CertificateException e) {
                first = first == null ? e : first;
            }
        }
        throw first;
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String kind, Socket socket) throws CertificateException {
        checkServerTrusted(chain, kind);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String kind, SSLEngine engine) throws CertificateException {
        checkServerTrusted(chain, kind);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String kind) throws CertificateException {
        throw new CertificateException("for servers only");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String kind, Socket socket) throws CertificateException {
        checkClientTrusted(chain, kind);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String kind, SSLEngine engine) throws CertificateException {
        checkClientTrusted(chain, kind);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }
}
