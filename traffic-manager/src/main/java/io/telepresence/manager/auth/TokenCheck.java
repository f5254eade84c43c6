package io.telepresence.manager.auth;

import io.telepresence.agree.AgentNames;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * What can be seen of a service account token without asking anybody: its form, its audience, its end, the pod that it is
 * bound to, and, where the key is known, its signature. Quick; thread-safe. Whether it is still valid (the pod may be gone)
 * the API server alone knows.
 */
public final class TokenCheck {
    /** A token of a service account has a tenth of it. */
    private static final int LONGEST = 8 << 10;

    /** This clock and the API server's may differ. */
    static final Duration LEEWAY = Duration.ofMinutes(5);

    private static final ObjectMapper JSON = new ObjectMapper();

    private final SigningKeys keys;
    private final InstantSource time;

    /** What is seen. */
    public enum Verdict {
        /** It is none of this cluster's, or for something else, or over. */
        BAD,
        /** It may be good: who signed it is not known here. */
        UNKNOWN,
        /** The API server has signed it. */
        SIGNED
    }

    public TokenCheck(SigningKeys keys, InstantSource time) {
        this.keys = keys;
        this.time = time;
    }

    public Verdict check(String token) {
        String[] parts = token.length() > LONGEST ? new String[0] : token.split("\\.", -1);
        if (parts.length != 3) {
            return Verdict.BAD;
        }
        try {
            JsonNode head = json(parts[0]);
            byte[] signature = Base64.getUrlDecoder().decode(parts[2]);
            if (!fits(json(parts[1]))) {
                return Verdict.BAD;
            }
            byte[] signed = (parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII);
            return switch (keys.verify(
                    head.path("alg").asString(""), head.path("kid").asString(""), signed, signature)) {
                case GOOD -> Verdict.SIGNED;
                case UNKNOWN -> Verdict.UNKNOWN;
                case BAD -> Verdict.BAD;
            };
        } catch (IllegalArgumentException | JacksonException e) {
            return Verdict.BAD;
        }
    }

    /** The same once more after the keys have been fetched again, if that can help. Blocks. */
    public Verdict checkAgain(String token) {
        keys.refresh();
        return check(token);
    }

    private boolean fits(JsonNode claims) {
        JsonNode audience = claims.path("aud");
        boolean forUs = audience.isArray()
                ? audience.valueStream().anyMatch(one -> one.asString("").equals(AgentNames.AUDIENCE))
                : audience.asString("").equals(AgentNames.AUDIENCE);
        long end = claims.path("exp").asLong(0);
        return forUs
                && end > time.instant().minus(LEEWAY).getEpochSecond()
                && claims.path("sub").asString("").startsWith("system:serviceaccount:")
                && !claims.at("/kubernetes.io/pod/uid").asString("").isEmpty();
    }

    private static JsonNode json(String part) {
        return JSON.readTree(Base64.getUrlDecoder().decode(part));
    }
}
