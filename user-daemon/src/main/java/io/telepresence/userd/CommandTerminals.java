package io.telepresence.userd;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.connector.PluginEnd;
import io.telepresence.rpc.connector.PluginRun;
import io.telepresence.rpc.connector.TerminalOffer;
import io.telepresence.userd.kubeconfig.PluginTerminal;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The terminals of the commands that are being served. Thread-safe. */
final class CommandTerminals {
    /** Between a command's offer and its request, which come on two connections. */
    private static final Duration ARRIVAL = Duration.ofSeconds(2);

    /** For a user who has to find a device, a password or a browser. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private static final int MOST = 64;

    private final Map<String, Terminal> open = new HashMap<>();

    /** A command offers its terminal, until its call ends. */
    void serve(TerminalOffer offer, ServerCallStreamObserver<PluginRun> to) {
        Terminal terminal = new Terminal(offer.getReadable(), to);
        to.setOnCancelHandler(() -> left(offer.getId(), terminal));
        synchronized (this) {
            if (!offer.getId().isEmpty() && open.size() < MOST && open.putIfAbsent(offer.getId(), terminal) == null) {
                notifyAll();
                return;
            }
        }
        to.onError(Status.RESOURCE_EXHAUSTED
                .withDescription("too many terminals are open")
                .asRuntimeException());
    }

    /** A plugin has ended there. */
    void ended(PluginEnd end) {
        Terminal terminal;
        synchronized (this) {
            terminal = open.get(end.getTerminal());
        }
        if (terminal != null) {
            terminal.ended(end);
        }
    }

    /** The terminal of that id, which may be still on its way; none for an empty id, or where it does not come. */
    PluginTerminal find(String id) {
        if (id.isEmpty()) {
            return PluginTerminal.NONE;
        }
        long end = System.nanoTime() + ARRIVAL.toNanos();
        synchronized (this) {
            try {
                while (!open.containsKey(id)) {
                    long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
                    if (left <= 0) {
                        return PluginTerminal.NONE;
                    }
                    wait(left);
                }
                return open.get(id);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return PluginTerminal.NONE;
            }
        }
    }

    private void left(String id, Terminal terminal) {
        synchronized (this) {
            open.remove(id, terminal);
        }
        terminal.left();
    }

    /** One of them. */
    private static final class Terminal implements PluginTerminal {
        private final boolean readable;
        private final ServerCallStreamObserver<PluginRun> runs;
        private final Map<Long, CompletableFuture<PluginEnd>> running = new HashMap<>();
        private long lastId;
        private boolean gone;

        Terminal(boolean readable, ServerCallStreamObserver<PluginRun> runs) {
            this.readable = readable;
            this.runs = runs;
        }

        @Override
        public synchronized boolean present() {
            return !gone && !runs.isCancelled();
        }

        @Override
        public boolean readable() {
            return readable;
        }

        @Override
        public Ended run(Start start) throws FaultException, IOException {
            CompletableFuture<PluginEnd> end = new CompletableFuture<>();
            begin(start, end);
            try {
                PluginEnd ended = end.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
                if (!ended.getNotStarted().isEmpty()) {
                    throw new IOException(ended.getNotStarted());
                }
                return new Ended(ended.getExitCode(), ended.getOutput().toByteArray(), "");
            } catch (ExecutionException e) {
                throw gone().exception(e);
            } catch (TimeoutException e) {
                throw Fault.denied(
                                "the credential plugin \"" + start.command() + "\" did not end within "
                                        + PATIENCE.toMinutes() + " minutes",
                                "")
                        .exception(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw Fault.user("the connect was cancelled", "").exception(e);
            }
        }

        private synchronized void begin(Start start, CompletableFuture<PluginEnd> end) throws FaultException {
            long id = ++lastId;
            try {
                if (gone) {
                    throw gone().exception();
                }
                running.put(id, end);
                runs.onNext(PluginRun.newBuilder()
                        .setId(id)
                        .setCommand(start.command())
                        .addAllArguments(start.arguments())
                        .putAllEnvironment(start.environment())
                        .setReads(start.reads())
                        .build());
            } catch (RuntimeException e) {
                // The command has ended just now.
                running.remove(id);
                throw gone().exception(e);
            }
        }

        private static Fault gone() {
            return Fault.denied("the command ended while the credential plugin ran", "");
        }

        private synchronized void ended(PluginEnd end) {
            CompletableFuture<PluginEnd> waiting = running.remove(end.getId());
            if (waiting != null) {
                waiting.complete(end);
            }
        }

        private synchronized void left() {
            gone = true;
            running.values().forEach(r -> r.completeExceptionally(new IllegalStateException("the command has ended")));
            running.clear();
        }
    }
}
