package io.telepresence.manager.auth;

import io.fabric8.kubernetes.api.model.authentication.TokenReview;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.telepresence.agree.AgentNames;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Has the API server review an agent's token, and compares what the token says with the pod that the agent says it is
 * in. What comes of a review, good or bad, is remembered for a short while, by the token's hash. Tokens that the API server
 * is known to have signed are reviewed apart from others, so that they never wait for what a stranger makes up. Blocks.
 */
public final class AgentReview {
    static final Duration REMEMBERED = Duration.ofSeconds(30);

    private static final int MOST_REMEMBERED = 4096;

    /** Less than an agent waits for its arrival. */
    private static final Duration PATIENCE = Duration.ofSeconds(4);

    private static final String USER_PREFIX = "system:serviceaccount:";
    private static final String POD_NAME = "authentication.kubernetes.io/pod-name";
    private static final String POD_UID = "authentication.kubernetes.io/pod-uid";

    private final Reviewer reviewer;
    private final InstantSource time;
    private final Map<String, Remembered> remembered = new LinkedHashMap<>();
    private final Map<String, Instant> refused = new LinkedHashMap<>();
    private final ReviewLane signed = new ReviewLane(8, 1024, PATIENCE);
    private final ReviewLane doubtful = new ReviewLane(2, 64, PATIENCE);

    /** The API server's part. */
    @FunctionalInterface
    interface Reviewer {
        /** @throws KubernetesClientException the API server does not answer, or refuses to review */
        TokenReviewStatus review(String token, String audience);
    }

    /**
     * Who holds a token.
     *
     * @param podName empty where the token is not bound to a pod
     * @param podUid likewise
     */
    record Holder(String namespace, String podName, String podUid) {}

    private record Remembered(Holder holder, Instant until) {}

    AgentReview(Reviewer reviewer, InstantSource time) {
        this.reviewer = reviewer;
        this.time = time;
    }

    public static AgentReview with(KubernetesClient client, InstantSource time) {
        return new AgentReview((token, audience) -> ask(client, token, audience), time);
    }

    /** @throws FaultException DENIED: the token is bad or another pod's; UNREACHABLE: nobody could review it */
    public void check(String token, String namespace, String podName, String podUid) throws FaultException {
        if (token.isEmpty()) {
            throw Fault.denied("an agent needs a service account token with audience " + AgentNames.AUDIENCE, "")
                    .exception();
        }
        Holder holder = holder(token, signed);
        boolean same = !holder.podUid().isEmpty()
                && holder.namespace().equals(namespace)
                && holder.podName().equals(podName)
                && holder.podUid().equals(podUid);
        if (!same) {
            throw Fault.denied(
                            "the token of pod " + holder.podName() + "." + holder.namespace() + " cannot speak for pod "
                                    + podName + "." + namespace,
                            "")
                    .exception();
        }
    }

    /**
     * Whether the token is anybody's.
     *
     * @param known the API server has signed it
     * @throws FaultException as {@link #check}
     */
    public void admit(String token, boolean known) throws FaultException {
        holder(token, known ? signed : doubtful);
    }

    private Holder holder(String token, ReviewLane lane) throws FaultException {
        String key = hash(token);
        synchronized (remembered) {
            Remembered known = remembered.get(key);
            if (known != null && time.instant().isBefore(known.until())) {
                return known.holder();
            }
            Instant until = refused.get(key);
            if (until != null && time.instant().isBefore(until)) {
                throw notValid();
            }
        }
        Holder holder = lane.run(() -> reviewed(token, key));
        synchronized (remembered) {
            remembered.values().removeIf(r -> !time.instant().isBefore(r.until()));
            if (remembered.size() < MOST_REMEMBERED) {
                remembered.put(key, new Remembered(holder, time.instant().plus(REMEMBERED)));
            }
        }
        return holder;
    }

    private void refuse(String key) {
        synchronized (remembered) {
            refused.put(key, time.instant().plus(REMEMBERED));
            if (refused.size() > MOST_REMEMBERED) {
                refused.remove(refused.keySet().iterator().next());
            }
        }
    }

    private static FaultException notValid() {
        return Fault.denied("the agent's token is not valid for " + AgentNames.AUDIENCE, "")
                .exception();
    }

    private Holder reviewed(String token, String key) throws FaultException {
        TokenReviewStatus status;
        try {
            status = reviewer.review(token, AgentNames.AUDIENCE);
        } catch (KubernetesClientException e) {
            throw Fault.unreachable("the API server could not review the agent's token", "")
                    .exception(e);
        }
        boolean good = status != null
                && Boolean.TRUE.equals(status.getAuthenticated())
                && status.getAudiences() != null
                && status.getAudiences().contains(AgentNames.AUDIENCE)
                && status.getUser() != null
                && String.valueOf(status.getUser().getUsername()).startsWith(USER_PREFIX);
        if (!good) {
            refuse(key);
            throw notValid();
        }
        String[] account =
                status.getUser().getUsername().substring(USER_PREFIX.length()).split(":");
        Map<String, List<String>> extra = status.getUser().getExtra() == null
                ? Map.of()
                : status.getUser().getExtra();
        return new Holder(account[0], first(extra, POD_NAME), first(extra, POD_UID));
    }

    private static String first(Map<String, List<String>> extra, String key) {
        List<String> values = extra.get(key);
        return values == null || values.isEmpty() ? "" : values.getFirst();
    }

    private static TokenReviewStatus ask(KubernetesClient client, String token, String audience) {
        TokenReview review = new TokenReviewBuilder()
                .withNewSpec()
                .withToken(token)
                .withAudiences(audience)
                .endSpec()
                .build();
        return client.resource(review).create().getStatus();
    }

    private static String hash(String token) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
