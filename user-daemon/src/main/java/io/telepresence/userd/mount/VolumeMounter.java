package io.telepresence.userd.mount;

import io.telepresence.agree.Transport;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.fault.FaultStatus;
import io.telepresence.run.Backoff;
import io.telepresence.run.Threads;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.ResetReason;
import io.telepresence.userd.podaccess.Addresses;
import io.telepresence.userd.podaccess.PodAccessBroker;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the volumes of one engagement mounted: MOUNTING → MOUNTED → (flow or sshfs ended) → MOUNTING …, until closed. One
 * virtual thread owns the process; whoever closes waits for it, at most {@link #CLOSING}.
 */
final class VolumeMounter implements AutoCloseable {
    /** Of a close: end of file, SIGKILL, lazy unmount. */
    static final Duration CLOSING = Duration.ofSeconds(2);

    private static final Logger LOG = LoggerFactory.getLogger(VolumeMounter.class);
    private static final Duration OPENING = Duration.ofSeconds(6);
    private static final Duration STARTING = Duration.ofSeconds(10);
    private static final Duration ENDING = Duration.ofMillis(500);

    private final PodAccessBroker podAccess;
    private final Sshfs sshfs;
    private final Spec spec;
    private final CompletableFuture<Void> first = new CompletableFuture<>();
    private final CompletableFuture<String> closing = new CompletableFuture<>();
    private final CountDownLatch over = new CountDownLatch(1);
    private volatile String error = "";

    /**
     * @param engagementId asked for at each try
     * @param source what {@code df} shows
     * @param point where
     * @param patience how long an SFTP request may go unanswered
     */
    record Spec(Supplier<String> engagementId, String source, MountPoint point, boolean readOnly, Duration patience) {}

    private VolumeMounter(PodAccessBroker podAccess, Sshfs sshfs, Spec spec) {
        this.podAccess = podAccess;
        this.sshfs = sshfs;
        this.spec = spec;
    }

    /** Begins to mount; does not wait. */
    static VolumeMounter start(PodAccessBroker podAccess, Sshfs sshfs, Spec spec) {
        VolumeMounter mounting = new VolumeMounter(podAccess, sshfs, spec);
        Threads.virtual("mount-" + spec.point().directory().getFileName(), mounting::run);
        return mounting;
    }

    /** Waits until the first try has worked or failed; at most {@code limit}. */
    void awaitFirst(Duration limit) {
        try {
            first.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            error = "not mounted within " + limit.toSeconds() + " s; still trying";
        } catch (ExecutionException e) {
            LOG.debug("first mount", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Path directory() {
        return spec.point().directory();
    }

    /** Why it is not mounted now; empty: it is. */
    String error() {
        return error;
    }

    @Override
    public void close() {
        closing.complete("");
        try {
            if (!over.await(CLOSING.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("{} takes long to unmount; going on without", directory());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        Backoff backoff = new Backoff(Duration.ofMillis(200), Duration.ofSeconds(5));
        try {
            while (!closing.isDone()) {
                try {
                    error = mountedUntil(backoff);
                } catch (FaultException e) {
                    error = e.fault().text();
                }
                if (!closing.isDone()) {
                    LOG.info("{} is not mounted: {}", directory(), error);
                    first.complete(null);
                    awaitClosing(backoff.next());
                }
            }
        } finally {
            first.complete(null);
            over.countDown();
        }
    }

    /** Mounts, and waits until that is over; says why. */
    private String mountedUntil(Backoff backoff) throws FaultException {
        SftpPipe pipe = new SftpPipe();
        Flow flow = podAccess.open(
                PodAccessBroker.Target.files(spec.engagementId().get(), spec.readOnly()),
                Transport.TCP,
                Addresses.UNNAMED,
                pipe);
        opened(pipe, flow);
        if (closing.isDone()) {
            flow.reset(ResetReason.ABORTED, "not needed any more");
            return "";
        }
        Process process;
        Closeable open = () -> {};
        try {
            open = spec.point().open();
            process = sshfs.start(spec.source(), directory(), spec.readOnly());
        } catch (IOException e) {
            flow.reset(ResetReason.ABORTED, "no sshfs");
            shut(open);
            throw Fault.user("sshfs cannot be started: " + e.getMessage(), "").exception(e);
        }
        ErrorText errors = ErrorText.of(process);
        try {
            pipe.start(flow, process, spec.patience());
            boolean mounted = mounted(process);
            shut(open);
            if (!mounted) {
                return errors.or(pipe.ended().getNow("sshfs did not mount within " + STARTING.toSeconds() + " s"));
            }
            LOG.info("mounted {} on {}", spec.source(), directory());
            error = "";
            backoff.reset();
            first.complete(null);
            return "mounted again soon: "
                    + CompletableFuture.anyOf(pipe.ended(), process.onExit().thenApply(p -> "sshfs has ended"), closing)
                            .join();
        } finally {
            end(pipe, process);
        }
    }

    private void shut(Closeable open) {
        try {
            open.close();
        } catch (IOException e) {
            LOG.warn("{} stays writable while nothing is mounted: {}", directory(), e.toString());
        }
    }

    private void opened(SftpPipe pipe, Flow flow) throws FaultException {
        try {
            CompletableFuture.anyOf(pipe.opened(), closing).get(OPENING.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            flow.reset(ResetReason.TIMED_OUT, "no answer in time");
            throw Fault.unreachable("no agent answered in time", "").exception(e);
        } catch (ExecutionException e) {
            throw FaultStatus.of(e.getCause()).exception(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Fault.user("cancelled", "").exception(e);
        }
    }

    /** Waits until the kernel's table has it; false: sshfs has ended before, or takes too long. */
    private boolean mounted(Process process) {
        long end = System.nanoTime() + STARTING.toNanos();
        while (System.nanoTime() < end && !closing.isDone()) {
            if (MountTable.type(directory()).filter(MountTable.SSHFS::equals).isPresent()) {
                return true;
            }
            try {
                if (process.waitFor(10, TimeUnit.MILLISECONDS)) {
                    return false;
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return false;
    }

    /** End of file first: then sshfs fails what waits, unmounts and ends by itself. */
    private void end(SftpPipe pipe, Process process) {
        pipe.end("unmounted");
        if (!ended(process)) {
            process.destroyForcibly();
            ended(process);
        }
        if (MountTable.type(directory()).filter(MountTable.SSHFS::equals).isPresent()) {
            Unmount.lazily(directory());
        }
    }

    private static boolean ended(Process process) {
        try {
            return process.waitFor(ENDING.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void awaitClosing(Duration time) {
        try {
            String ignored = closing.get(time.toMillis(), TimeUnit.MILLISECONDS);
            assert ignored != null;
        } catch (TimeoutException e) {
            LOG.debug("trying again to mount {}", directory());
        } catch (ExecutionException e) {
            LOG.debug("closing", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
