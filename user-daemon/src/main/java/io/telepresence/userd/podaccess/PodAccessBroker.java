package io.telepresence.userd.podaccess;

import com.google.protobuf.InvalidProtocolBufferException;
import io.telepresence.agree.Transport;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.agent.ContainerView;
import io.telepresence.rpc.tunnel.Files;
import io.telepresence.rpc.tunnel.Reach;
import io.telepresence.rpc.tunnel.View;
import io.telepresence.run.Backoff;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.FlowKey;
import io.telepresence.tunnel.pool.TunnelClient;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** Opens flows into the pods of engagements. Thread-safe; flows live on their carrier's loop. */
public final class PodAccessBroker {
    private static final Duration DIAL = Duration.ofSeconds(5);

    private final TunnelClient tunnel;

    public PodAccessBroker(TunnelClient tunnel) {
        this.tunnel = tunnel;
    }

    /** What to open; for {@link #files} and {@link #port} the handler hears {@code onOpened} or {@code onReset} first. */
    public record Target(String engagementId, Reach what) {

        /** The volumes of the engagement's container: SFTP version 3 without SSH around it. */
        public static Target files(String engagementId, boolean readOnly) {
            return new Target(
                    engagementId,
                    Reach.newBuilder()
                            .setEngagementId(engagementId)
                            .setFiles(Files.newBuilder().setReadOnly(readOnly))
                            .build());
        }

        /** A port on the pod's loopback. */
        public static Target port(String engagementId, int port) {
            return new Target(
                    engagementId,
                    Reach.newBuilder()
                            .setEngagementId(engagementId)
                            .setPort(port)
                            .build());
        }
    }

    /**
     * Opens the flow; from any thread, without waiting.
     *
     * @param caller the local program's address; only told
     */
    public Flow open(Target target, Transport protocol, InetSocketAddress caller, FlowHandler handler)
            throws FaultException {
        InetSocketAddress far = new InetSocketAddress(
                InetAddress.getLoopbackAddress(), target.what().getPort());
        try {
            return tunnel.reach(new FlowKey(protocol, caller, far), target.what(), DIAL, handler);
        } catch (RejectedExecutionException e) {
            throw Fault.unreachable("reconnecting to the traffic-manager", "").exception(e);
        }
    }

    /**
     * Asks for the environment and the volumes of the engagement's container; tries again while the pod's agent is on its
     * way. Blocks for at most {@code limit}.
     *
     * @throws FaultException with the last reason that somebody gave; that no answer came is told only if no question of
     *     these was answered, because the last question has what the earlier ones left of the limit
     */
    public ContainerView view(Supplier<String> engagementId, Duration limit) throws FaultException {
        long end = System.nanoTime() + limit.toNanos();
        Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(1));
        Optional<FaultException> answered = Optional.empty();
        while (true) {
            long left = end - System.nanoTime();
            try {
                Optional<ContainerView> view = viewOnce(engagementId.get(), Math.max(left, 1));
                if (view.isPresent()) {
                    return view.get();
                }
                throw answered.orElseGet(
                        () -> Fault.unreachable("no agent answered in time", "").exception());
            } catch (FaultException e) {
                answered = Optional.of(e);
                long pause = backoff.next().toNanos();
                boolean again = e.fault().kind() == Fault.Kind.UNREACHABLE && end - System.nanoTime() > pause;
                if (!again || !paused(pause)) {
                    throw e;
                }
            }
        }
    }

    /** Empty: nobody has answered in that time. */
    private Optional<ContainerView> viewOnce(String engagementId, long nanos) throws FaultException {
        Reach reach = Reach.newBuilder()
                .setEngagementId(engagementId)
                .setView(View.getDefaultInstance())
                .build();
        FlowContent collector = new FlowContent();
        Flow flow = open(new Target(engagementId, reach), Transport.TCP, Addresses.UNNAMED, collector);
        try {
            return Optional.of(ContainerView.parseFrom(collector.content().get(nanos, TimeUnit.NANOSECONDS)));
        } catch (TimeoutException e) {
            flow.reset(io.telepresence.tunnel.ResetReason.TIMED_OUT, "no answer in time");
            return Optional.empty();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof FaultException fault
                    ? fault
                    : Fault.internal(String.valueOf(e.getCause())).exception(e.getCause());
        } catch (InvalidProtocolBufferException e) {
            throw Fault.internal("the agent's answer cannot be read: " + e.getMessage())
                    .exception(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Fault.user("the request for the environment was cancelled", "")
                    .exception(e);
        }
    }

    private static boolean paused(long nanos) {
        try {
            TimeUnit.NANOSECONDS.sleep(nanos);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
