package io.telepresence.userd.kubeauth;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.fault.FaultStatus;
import io.telepresence.rpc.connector.HostAnswer;
import io.telepresence.rpc.connector.HostQuestion;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the laptop outside of this container. One helper serves at a time. Thread-safe. */
public final class KubeAuthClient {
    private static final Logger LOG = LoggerFactory.getLogger(KubeAuthClient.class);

    /** For the helper, which is started beside the container. */
    private static final Duration ARRIVAL = Duration.ofSeconds(10);

    /** For an answer: a credential plugin may take 30 s. */
    private static final Duration ANSWER = Duration.ofSeconds(40);

    private final Map<Long, CompletableFuture<HostAnswer>> asked = new HashMap<>();
    private StreamObserver<HostQuestion> helper;
    private long lastId;

    /** Whether somebody answers. */
    public synchronized boolean present() {
        return helper != null;
    }

    /** A helper has come; a second one is refused. */
    public synchronized StreamObserver<HostAnswer> serve(StreamObserver<HostQuestion> questions) {
        if (helper != null) {
            questions.onError(Status.ALREADY_EXISTS
                    .withDescription("a helper is already connected")
                    .asRuntimeException());
            return new Answers(null);
        }
        helper = questions;
        notifyAll();
        LOG.info("the helper on the laptop is here");
        return new Answers(questions);
    }

    /** Asks and waits for the answer. */
    HostAnswer ask(HostQuestion.Builder question) throws FaultException {
        CompletableFuture<HostAnswer> answer = new CompletableFuture<>();
        long id = send(question, answer);
        try {
            HostAnswer got = answer.get(ANSWER.toMillis(), TimeUnit.MILLISECONDS);
            if (got.hasFault()) {
                throw FaultStatus.fromWire(got.getFault()).exception();
            }
            return got;
        } catch (ExecutionException e) {
            throw gone().exception(e);
        } catch (TimeoutException e) {
            throw Fault.unreachable(
                            "the helper on the laptop did not answer within " + ANSWER.toSeconds() + " s",
                            "Is a credential plugin waiting for something?")
                    .exception(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Fault.user("cancelled", "").exception(e);
        } finally {
            forget(id);
        }
    }

    private synchronized long send(HostQuestion.Builder question, CompletableFuture<HostAnswer> answer)
            throws FaultException {
        awaitHelper();
        long id = ++lastId;
        asked.put(id, answer);
        try {
            helper.onNext(question.setId(id).build());
            return id;
        } catch (RuntimeException e) {
            // It has gone just now, and its stream has not said so yet.
            asked.remove(id);
            throw gone().exception(e);
        }
    }

    private synchronized void forget(long id) {
        asked.remove(id);
    }

    private void awaitHelper() throws FaultException {
        long end = System.nanoTime() + ARRIVAL.toNanos();
        try {
            while (helper == null) {
                long left = (end - System.nanoTime()) / 1_000_000;
                if (left <= 0) {
                    throw gone().exception();
                }
                wait(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Fault.user("cancelled", "").exception(e);
        }
    }

    private static Fault gone() {
        return Fault.unreachable(
                "the helper on the laptop that reads kubeconfigs and runs credential plugins is gone",
                "Run \"telepresence connect --docker\" again");
    }

    private synchronized void answered(HostAnswer answer) {
        CompletableFuture<HostAnswer> waiting = asked.remove(answer.getId());
        if (waiting != null) {
            waiting.complete(answer);
        }
    }

    private synchronized void left(StreamObserver<HostQuestion> which) {
        if (helper == which) {
            helper = null;
            LOG.info("the helper on the laptop has gone");
            asked.values().forEach(a -> a.completeExceptionally(new IllegalStateException("the helper has gone")));
            asked.clear();
        }
    }

    /** What one helper says; {@code from} null: it was refused. */
    private final class Answers implements StreamObserver<HostAnswer> {
        private final StreamObserver<HostQuestion> from;

        Answers(StreamObserver<HostQuestion> from) {
            this.from = from;
        }

        @Override
        public void onNext(HostAnswer answer) {
            answered(answer);
        }

        @Override
        public void onError(Throwable error) {
            if (from != null) {
                left(from);
            }
        }

        @Override
        public void onCompleted() {
            if (from != null) {
                left(from);
                from.onCompleted();
            }
        }
    }
}
