package io.telepresence.manager.rights;

import io.fabric8.kubernetes.api.model.authorization.v1.ResourceAttributes;
import io.fabric8.kubernetes.api.model.authorization.v1.ResourceAttributesBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.identity.MissingRight;
import io.telepresence.manager.identity.Person;
import io.telepresence.run.Threads;
import io.telepresence.text.Printable;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the API server who may do what. A right that is granted holds for a minute; who asks the same at the same time waits for the same
 * answer. While the API server does not answer, what was granted goes on for a while. Any thread but event loops: blocks.
 */
public final class AccessReviews {
    static final Duration FRESH = Duration.ofMinutes(1);

    /** A refusal holds for less: somebody may just be granted what he asks for. */
    static final Duration REFUSED = Duration.ofSeconds(5);

    /** From an answer on: that long an API server that is away takes nothing from anybody. */
    static final Duration GRACE = Duration.ofMinutes(30);

    static final Duration PATIENCE = Duration.ofSeconds(5);
    static final int MOST_ANSWERS = 16_384;
    static final int AT_A_TIME = 8;

    /** After a failure nobody asks for so long, so that not everybody waits for his own one. */
    static final Duration PAUSE = Duration.ofSeconds(2);

    private static final Logger LOG = LoggerFactory.getLogger(AccessReviews.class);
    private static final int MOST_ASKED = 1024;
    private static final String REVIEWS = "subjectaccessreviews.authorization.k8s.io";
    private static final int TOO_MANY = 429;

    private final Reviewer reviewer;
    private final InstantSource time;
    private final Duration patience;
    private final Semaphore turns = new Semaphore(AT_A_TIME, true);

    /** The oldest first. It guards what is below, too. */
    private final Map<Question, Answer> answers = new LinkedHashMap<>();

    private final Map<Question, Asking> asked = new HashMap<>();
    private final Health health;

    /** The API server's part. */
    @FunctionalInterface
    interface Reviewer {
        /** @throws KubernetesClientException the API server does not answer, or refuses to review */
        boolean allowed(Person person, Access access);
    }

    private record Question(Person person, Access access) {}

    private record Answer(boolean allowed, Instant at) {}

    private record Asking(CompletableFuture<Boolean> answer, Thread thread) {}

    /** When the API server answered last, and until when it is left alone. */
    private static final class Health {
        private Instant answered;
        private Instant pausedUntil = Instant.MIN;

        Health(Instant now) {
            answered = now;
        }
    }

    /** @param patience real time, for one review */
    AccessReviews(Reviewer reviewer, InstantSource time, Duration patience) {
        this.reviewer = reviewer;
        this.time = time;
        this.patience = patience;
        this.health = new Health(time.instant());
    }

    /** @param time that only passes */
    public static AccessReviews with(KubernetesClient client, InstantSource time) {
        return new AccessReviews((person, access) -> ask(client, person, access), time, PATIENCE);
    }

    /**
     * Whether one of these is granted.
     *
     * @throws FaultException UNREACHABLE: none is known to be, and of one the API server could not say
     */
    boolean any(Person person, List<Access> accesses) throws FaultException {
        List<Question> questions =
                accesses.stream().map(a -> new Question(person, a)).toList();
        List<Question> likelyFirst;
        synchronized (answers) {
            if (questions.stream().anyMatch(q -> granted(q, FRESH))) {
                return true;
            }
            likelyFirst = questions.stream()
                    .sorted(Comparator.comparing(q -> !granted(q, GRACE)))
                    .toList();
        }
        FaultException silence = null;
        for (Question question : likelyFirst) {
            try {
                if (allowed(question)) {
                    return true;
                }
            } catch (FaultException e) {
                silence = e;
            }
        }
        if (silence != null) {
            throw silence;
        }
        return false;
    }

    /** Whether the API server has answered nothing at all for longer than it is waited for. */
    boolean silentTooLong() {
        synchronized (answers) {
            return !time.instant().isBefore(health.answered.plus(GRACE));
        }
    }

    private boolean allowed(Question question) throws FaultException {
        Asking asking;
        boolean first;
        synchronized (answers) {
            Answer known = answers.get(question);
            if (known != null && within(known, known.allowed() ? FRESH : REFUSED)) {
                return known.allowed();
            }
            asking = asked.get(question);
            first = asking == null;
            if (first) {
                if (time.instant().isBefore(health.pausedUntil) || asked.size() >= MOST_ASKED) {
                    return before(question, null);
                }
                asking = begin(question);
            }
        }
        return await(question, asking, first);
    }

    /** Under the lock, which its thread needs before it can be done. */
    private Asking begin(Question question) {
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        Asking asking = new Asking(answer, Threads.virtual("review-access", () -> review(question, answer)));
        asked.put(question, asking);
        return asking;
    }

    private boolean await(Question question, Asking asking, boolean first) throws FaultException {
        Exception why;
        try {
            return asking.answer().get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            why = e;
            if (first) {
                asking.thread().interrupt();
            }
        } catch (ExecutionException e) {
            why = e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            why = e;
        }
        synchronized (answers) {
            return before(question, why);
        }
    }

    private void review(Question question, CompletableFuture<Boolean> answer) {
        boolean begun = false;
        try {
            turns.acquire();
            begun = true;
            boolean allowed;
            try {
                allowed = reviewer.allowed(question.person(), question.access());
            } finally {
                turns.release();
            }
            synchronized (answers) {
                asked.remove(question);
                remember(question, allowed);
            }
            answer.complete(allowed);
        } catch (InterruptedException | RuntimeException e) {
            synchronized (answers) {
                asked.remove(question);
                // Who did not get a turn says nothing of the API server.
                if (begun) {
                    failed(e);
                }
            }
            answer.completeExceptionally(e);
        }
    }

    private void remember(Question question, boolean allowed) {
        health.answered = time.instant();
        answers.remove(question);
        answers.put(question, new Answer(allowed, health.answered));
        if (answers.size() > MOST_ANSWERS) {
            answers.remove(answers.keySet().iterator().next());
        }
    }

    private void failed(Exception why) {
        Instant now = time.instant();
        if (health.pausedUntil.isBefore(now.minus(FRESH))) {
            LOG.warn("the API server reviews no access", why);
        }
        // What it refuses is about one question: others may be answered.
        boolean refused = why instanceof KubernetesClientException e
                && e.getCode() >= 400
                && e.getCode() < 500
                && e.getCode() != TOO_MANY;
        health.pausedUntil = refused ? now : now.plus(PAUSE);
    }

    /** What goes on while there is no answer. */
    private boolean before(Question question, Exception why) throws FaultException {
        if (granted(question, GRACE)) {
            return true;
        }
        boolean forbidden = why instanceof ExecutionException
                && why.getCause() instanceof KubernetesClientException e
                && MissingRight.isMissing(e);
        String unknown = "the API server could not say whether "
                + Printable.line(question.person().toString()) + " may " + question.access();
        throw Fault.unreachable(
                        forbidden ? unknown + ": " + MissingRight.sentence("create", REVIEWS) : unknown,
                        forbidden ? MissingRight.REMEDY : "Try again in a moment")
                .exception(why);
    }

    private boolean granted(Question question, Duration within) {
        Answer known = answers.get(question);
        return known != null && known.allowed() && within(known, within);
    }

    private boolean within(Answer answer, Duration span) {
        return time.instant().isBefore(answer.at().plus(span));
    }

    private static boolean ask(KubernetesClient client, Person person, Access access) {
        ResourceAttributes attributes = new ResourceAttributesBuilder()
                .withGroup(access.group())
                .withResource(access.resource())
                .withSubresource(access.subresource())
                .withVerb(access.verb())
                .withNamespace(access.namespace())
                .withName(access.name())
                .build();
        SubjectAccessReview review = new SubjectAccessReviewBuilder()
                .withNewSpec()
                .withUser(person.user())
                .withUid(person.uid())
                .withGroups(person.groups())
                .withExtra(person.extra())
                .withResourceAttributes(attributes)
                .endSpec()
                .build();
        SubjectAccessReview answer = client.resource(review).create();
        return answer.getStatus() != null
                && Boolean.TRUE.equals(answer.getStatus().getAllowed());
    }
}
