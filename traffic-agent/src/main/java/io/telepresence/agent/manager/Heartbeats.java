package io.telepresence.agent.manager;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.telepresence.rpc.agent.AgentBeat;
import io.telepresence.rpc.agent.AgentGateGrpc;
import io.telepresence.rpc.manager.RemainReply;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Heartbeats, those of each channel on a stream that stays open; a manager that does not know such streams gets a call for
 * each. One thread for each channel.
 */
final class Heartbeats {
    /** Guarded by itself. */
    private final Map<ManagedChannel, Beating> open = new HashMap<>();

    private volatile boolean byCalls;

    /** Another manager may have come, which may know streams. */
    void arrived() {
        byCalls = false;
    }

    /**
     * Beats, and waits for the reply.
     *
     * @throws StatusRuntimeException there was none in time, or the way is closed
     */
    RemainReply beat(ManagedChannel channel, AgentBeat beat, Duration deadline) {
        if (!byCalls) {
            try {
                return on(channel).ask(beat, deadline);
            } catch (StatusRuntimeException e) {
                if (e.getStatus().getCode() != Status.Code.UNIMPLEMENTED) {
                    throw e;
                }
                byCalls = true;
            }
        }
        return AgentGateGrpc.newBlockingStub(channel)
                .withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS)
                .remain(beat);
    }

    private Beating on(ManagedChannel channel) {
        synchronized (open) {
            Beating before = open.get(channel);
            if (before != null && !before.over()) {
                return before;
            }
            Beating beating = new Beating(channel);
            open.put(channel, beating);
            AgentGateGrpc.newStub(channel).heartbeats(beating);
            return beating;
        }
    }

    /** How many channels have a stream. */
    int streams() {
        synchronized (open) {
            return open.size();
        }
    }

    /** The stream of one channel; forgotten once it has ended, as channels are made anew. */
    private final class Beating implements ClientResponseObserver<AgentBeat, RemainReply> {
        private final ManagedChannel channel;
        private ClientCallStreamObserver<AgentBeat> beats;
        private CompletableFuture<RemainReply> reply = new CompletableFuture<>();
        private StatusRuntimeException end;

        Beating(ManagedChannel channel) {
            this.channel = channel;
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<AgentBeat> stream) {
            beats = stream;
        }

        synchronized boolean over() {
            return end != null;
        }

        RemainReply ask(AgentBeat beat, Duration deadline) {
            try {
                return send(beat).get(deadline.toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                throw stop(Status.DEADLINE_EXCEEDED
                        .withDescription("no reply to a heartbeat")
                        .withCause(e));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw stop(Status.CANCELLED.withCause(e));
            } catch (ExecutionException e) {
                throw Status.fromThrowable(e.getCause()).asRuntimeException();
            }
        }

        private synchronized CompletableFuture<RemainReply> send(AgentBeat beat) {
            if (end != null) {
                return CompletableFuture.failedFuture(end);
            }
            reply = new CompletableFuture<>();
            beats.onNext(beat);
            return reply;
        }

        private StatusRuntimeException stop(Status why) {
            StatusRuntimeException error = why.asRuntimeException();
            ended(error);
            beats.cancel(why.getDescription(), error);
            return error;
        }

        private void ended(StatusRuntimeException why) {
            CompletableFuture<RemainReply> waiting;
            synchronized (this) {
                end = end == null ? why : end;
                waiting = reply;
            }
            waiting.completeExceptionally(why);
            synchronized (open) {
                open.remove(channel, this);
            }
        }

        @Override
        public void onNext(RemainReply value) {
            CompletableFuture<RemainReply> waiting;
            synchronized (this) {
                waiting = reply;
            }
            waiting.complete(value);
        }

        @Override
        public void onError(Throwable error) {
            ended(Status.fromThrowable(error).asRuntimeException());
        }

        @Override
        public void onCompleted() {
            ended(Status.UNAVAILABLE
                    .withDescription("the stream of heartbeats has ended")
                    .asRuntimeException());
        }
    }
}
