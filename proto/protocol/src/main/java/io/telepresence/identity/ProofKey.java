package io.telepresence.identity;

import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;

/** A client's key pair, ECDSA on P-256; it lives in memory only, as long as its connection. Thread-safe. */
public final class ProofKey {
    private final KeyPair pair;

    private ProofKey(KeyPair pair) {
        this.pair = pair;
    }

    /** A fresh one. */
    public static ProofKey generate() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return new ProofKey(generator.generateKeyPair());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** X.509 SubjectPublicKeyInfo. */
    public byte[] publicKey() {
        return pair.getPublic().getEncoded();
    }

    /** For what else is signed with it, such as a request of a certificate. */
    public PrivateKey privateKey() {
        return pair.getPrivate();
    }

    /** The answer to a challenge of the manager of that namespace. */
    public byte[] answer(String managerNamespace, byte[] nonce) {
        try {
            Signature signer = Signature.getInstance(ConnectionProof.ALGORITHM);
            signer.initSign(pair.getPrivate());
            signer.update(ConnectionProof.signed(managerNamespace, nonce, publicKey()));
            return signer.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
