package io.telepresence.manager.auth;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * The public keys with which the API server signs service account tokens, as it publishes them to all service accounts
 * (cluster role {@code system:service-account-issuer-discovery}). Where it does not, every signature is unknown. Thread-safe.
 */
public final class SigningKeys {
    /** No oftener are they fetched, whoever names whatever key. */
    static final Duration APART = Duration.ofSeconds(30);

    private static final Logger LOG = LoggerFactory.getLogger(SigningKeys.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Map<String, String> ALGORITHMS = Map.of(
            "RS256", "SHA256withRSA",
            "RS384", "SHA384withRSA",
            "RS512", "SHA512withRSA",
            "ES256", "SHA256withECDSAinP1363Format",
            "ES384", "SHA384withECDSAinP1363Format",
            "ES512", "SHA512withECDSAinP1363Format");
    private static final Map<String, String> CURVES =
            Map.of("P-256", "secp256r1", "P-384", "secp384r1", "P-521", "secp521r1");

    private final Supplier<String> source;
    private final InstantSource time;
    private volatile Map<String, PublicKey> keys = Map.of();
    private Instant next = Instant.MIN;

    /** What can be said of a signature. */
    enum Verdict {
        GOOD,
        BAD,
        /** The key is not known here. */
        UNKNOWN
    }

    /** @param source a JSON Web Key Set; may throw what a Kubernetes client throws, or give null */
    SigningKeys(Supplier<String> source, InstantSource time) {
        this.source = source;
        this.time = time;
    }

    public static SigningKeys of(KubernetesClient client, InstantSource time) {
        return new SigningKeys(() -> client.raw("/openid/v1/jwks"), time);
    }

    Verdict verify(String algorithm, String key, byte[] signed, byte[] signature) {
        PublicKey found = keys.get(key);
        if (found == null) {
            return Verdict.UNKNOWN;
        }
        try {
            Signature verifier = Signature.getInstance(ALGORITHMS.getOrDefault(algorithm, "none"));
            verifier.initVerify(found);
            verifier.update(signed);
            return verifier.verify(signature) ? Verdict.GOOD : Verdict.BAD;
        } catch (GeneralSecurityException e) {
            return Verdict.BAD;
        }
    }

    /** Fetches the keys, unless that has just been done. Blocks. */
    public synchronized void refresh() {
        Instant now = time.instant();
        if (now.isBefore(next)) {
            return;
        }
        next = now.plus(APART);
        try {
            String set = source.get();
            if (set != null) {
                keys = parse(set);
            }
        } catch (KubernetesClientException | JacksonException e) {
            LOG.info("the API server's signing keys cannot be read: {}", e.getMessage());
        }
    }

    private static Map<String, PublicKey> parse(String set) {
        Map<String, PublicKey> parsed = new HashMap<>();
        for (JsonNode key : JSON.readTree(set).path("keys")) {
            try {
                parsed.put(key.path("kid").asString(""), key(key));
            } catch (GeneralSecurityException | IllegalArgumentException e) {
                LOG.info("a signing key of the API server is passed over", e);
            }
        }
        return Map.copyOf(parsed);
    }

    private static PublicKey key(JsonNode key) throws GeneralSecurityException {
        if (key.path("kty").asString("").equals("RSA")) {
            return KeyFactory.getInstance("RSA")
                    .generatePublic(new RSAPublicKeySpec(number(key, "n"), number(key, "e")));
        }
        AlgorithmParameters curve = AlgorithmParameters.getInstance("EC");
        curve.init(new ECGenParameterSpec(CURVES.getOrDefault(key.path("crv").asString(""), "none")));
        ECPoint point = new ECPoint(number(key, "x"), number(key, "y"));
        return KeyFactory.getInstance("EC")
                .generatePublic(new ECPublicKeySpec(point, curve.getParameterSpec(ECParameterSpec.class)));
    }

    private static BigInteger number(JsonNode key, String name) {
        return new BigInteger(1, Base64.getUrlDecoder().decode(key.path(name).asString("")));
    }
}
