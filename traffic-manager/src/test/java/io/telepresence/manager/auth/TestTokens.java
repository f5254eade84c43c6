package io.telepresence.manager.auth;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.time.Instant;
import java.util.Base64;

/** Service account tokens as an API server signs them. */
public final class TestTokens {
    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

    private final KeyPair pair;
    private final String algorithm;

    private TestTokens(KeyPair pair, String algorithm) {
        this.pair = pair;
        this.algorithm = algorithm;
    }

    public static TestTokens rsa() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        return new TestTokens(generator.generateKeyPair(), "RS256");
    }

    public static TestTokens ec() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(256);
        return new TestTokens(generator.generateKeyPair(), "ES256");
    }

    /** A JSON Web Key Set of the one key. */
    public String keys(String id) {
        return switch (pair.getPublic()) {
            case RSAPublicKey key ->
                "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"%s\",\"n\":\"%s\",\"e\":\"%s\"}]}"
                        .formatted(id, number(key.getModulus()), number(key.getPublicExponent()));
            case ECPublicKey key ->
                "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"%s\",\"x\":\"%s\",\"y\":\"%s\"}]}"
                        .formatted(
                                id,
                                number(key.getW().getAffineX()),
                                number(key.getW().getAffineY()));
            default -> throw new IllegalStateException();
        };
    }

    private static String number(BigInteger value) {
        return BASE64.encodeToString(value.toByteArray());
    }

    /** Of pod {@code echo-1}, uid {@code uid-1}, in namespace default. */
    public String token(String key, String audience, Instant end) throws GeneralSecurityException {
        return sign(
                "{\"alg\":\"%s\",\"kid\":\"%s\"}".formatted(algorithm, key),
                ("{\"aud\":[\"%s\"],\"exp\":%d,\"sub\":\"system:serviceaccount:default:default\",\"kubernetes.io\":"
                                + "{\"namespace\":\"default\",\"pod\":{\"name\":\"echo-1\",\"uid\":\"uid-1\"}}}")
                        .formatted(audience, end.getEpochSecond()));
    }

    private String sign(String head, String claims) throws GeneralSecurityException {
        String signed = text(head) + "." + text(claims);
        Signature signature =
                Signature.getInstance(algorithm.startsWith("RS") ? "SHA256withRSA" : "SHA256withECDSAinP1363Format");
        signature.initSign(pair.getPrivate());
        signature.update(signed.getBytes(StandardCharsets.US_ASCII));
        return signed + "." + BASE64.encodeToString(signature.sign());
    }

    private static String text(String json) {
        return BASE64.encodeToString(json.getBytes(StandardCharsets.UTF_8));
    }
}
