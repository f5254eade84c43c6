package io.telepresence.cli.engage;

import io.telepresence.cli.daemon.ClientEngagement;
import io.telepresence.cli.daemon.Daemon;
import io.telepresence.cli.env.EnvFile;
import io.telepresence.cli.env.EnvSyntax;
import io.telepresence.cli.invocation.Arguments;
import io.telepresence.cli.invocation.DaemonSession;
import io.telepresence.cli.invocation.Invocation;
import io.telepresence.cli.registry.SelectedDaemon;
import io.telepresence.cli.run.Job;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/**
 * One engagement from its request to its end: all that was typed is checked before anything is started, and what was
 * started is ended if its environment cannot be written or its command is over.
 */
final class EngageRun {
    private final EngagementKind kind;
    private final Invocation invocation;
    private List<EnvFile> files = List.of();
    private Daemon daemon;

    EngageRun(EngagementKind kind, Invocation invocation) {
        this.kind = kind;
        this.invocation = invocation;
    }

    int run() throws FaultException {
        EngageRequests.Draft request = EngageOptions.request(kind, invocation);
        List<EnvFile> files = files();
        if (invocation.flag("--detailed-output") && !invocation.output().structured()) {
            throw Fault.user("--detailed-output needs json or yaml output", "Add --output json")
                    .exception();
        }
        if (invocation.flag("--replace")) {
            invocation
                    .output()
                    .warn("Warning: --replace is deprecated and the container keeps running;"
                            + " use \"telepresence replace\" instead");
        }
        Optional<HandlerOptions> container = HandlerOptions.of(invocation, request);
        this.files = files;
        SelectedDaemon chosen = DaemonSession.chosen(invocation);
        this.daemon = chosen.daemon();
        if (container.isPresent()) {
            return new HandlerContainerRun(invocation, chosen, container.get(), this).run(request);
        }
        EngageRequests.Draft possible = chosen.container().isPresent() ? withoutMount(request) : request;
        ClientEngagement engagement = engage(possible, UnaryOperator.identity());
        show(engagement, !request.mountPath().isEmpty());
        if (invocation.childCommand().isEmpty()) {
            sayStarted();
            return 0;
        }
        return runInside(
                engagement,
                (started, over) -> new Job(invocation.childCommand(), engagement.environment(), started, over));
    }

    /**
     * Engages, and writes the environment where it was asked for.
     *
     * @param handled the engagement as its handler sees it
     */
    ClientEngagement engage(EngageRequests.Draft request, UnaryOperator<ClientEngagement> handled)
            throws FaultException {
        invocation
                .progress()
                .step(EngagementWords.of(kind).doing() + " " + request.spec().workload());
        ClientEngagement engagement = handled.apply(daemon.engage(request.message(), invocation.progress()::step));
        if (!invocation.childCommand().isEmpty() || HandlerOptions.isContainer(invocation)) {
            invocation.around().children().holdSignals();
        }
        invocation.progress().close();
        write(engagement);
        return engagement;
    }

    /** A daemon in a container has no file system where the user could look for volumes. */
    private static EngageRequests.Draft withoutMount(EngageRequests.Draft request) throws FaultException {
        if (!request.mountPath().isEmpty() || request.sftpPort() != 0) {
            throw Fault.user(
                            "the daemon is in a container, so volumes cannot be mounted on this machine",
                            "Use --docker-run, whose container gets them, or --mount=false")
                    .exception();
        }
        return request.withoutMount();
    }

    /** The environment files that were asked for, which can be written. */
    private List<EnvFile> files() throws FaultException {
        EnvSyntax syntax = EnvSyntax.parse(invocation.text("--env-syntax", "docker"));
        List<EnvFile> files = new ArrayList<>();
        add(files, "--env-file", syntax);
        add(files, "--env-json", EnvSyntax.JSON);
        if (invocation.options().hasMatchedOption("--env-syntax")
                && invocation.text("--env-file").isEmpty()) {
            throw Fault.user("--env-syntax needs --env-file", "Name the file to write")
                    .exception();
        }
        return files;
    }

    private void add(List<EnvFile> files, String option, EnvSyntax syntax) throws FaultException {
        if (!invocation.options().hasMatchedOption(option)) {
            return;
        }
        if (invocation.text(option).isEmpty()) {
            throw Fault.user(option + " needs the name of a file", "").exception();
        }
        EnvFile file = new EnvFile(Arguments.absolute(option, invocation.text(option), invocation.caller()), syntax);
        file.check();
        files.add(file);
    }

    private void write(ClientEngagement engagement) throws FaultException {
        try {
            for (EnvFile file : files) {
                file.write(engagement.environment());
                List<String> leftOut = file.syntax().leftOut(engagement.environment());
                if (!leftOut.isEmpty()) {
                    invocation
                            .output()
                            .warn("Warning: no shell can set " + String.join(", ", leftOut) + ", so " + file.path()
                                    + " does not have it");
                }
            }
        } catch (FaultException e) {
            leave(engagement);
            throw e;
        }
    }

    void show(ClientEngagement engagement, boolean mountWasNamed) {
        if (invocation.flag("--detailed-output")) {
            invocation.output().bare(EngagementTree.of(engagement));
        } else {
            EngagementText.started(engagement, mountWasNamed).forEach(invocation.output()::line);
        }
    }

    private void sayStarted() {
        if (!invocation.text("--wait-message").isEmpty()) {
            invocation.output().line(invocation.text("--wait-message"));
            invocation.output().flush();
        }
    }

    /** Makes the command that handles an engagement: what to do when it runs, and what ends when the engagement does. */
    @FunctionalInterface
    interface HandlerCommand {
        Job job(Runnable started, BooleanSupplier over);
    }

    /** Runs the command until it ends; the engagement ends with it. */
    int runInside(ClientEngagement engagement, HandlerCommand command) throws FaultException {
        AtomicBoolean ended = new AtomicBoolean();
        invocation.output().flush();
        Job job = command.job(this::sayStarted, () -> {
            boolean over = over(engagement);
            ended.set(over);
            return over;
        });
        int code;
        try {
            code = invocation.around().children().run(job);
        } catch (FaultException e) {
            leave(engagement);
            throw e;
        }
        if (ended.get()) {
            invocation.output().warn("The engagement \"" + engagement.name() + "\" was ended, and so was its command");
        } else {
            leave(engagement);
        }
        return code;
    }

    /** Blocks until somebody ends the engagement, or the daemon is gone; false: nobody can say. */
    private boolean over(ClientEngagement engagement) {
        try {
            daemon.awaitEnd(EngageRequests.leave(engagement));
            return true;
        } catch (FaultException e) {
            return e.fault().kind() == Fault.Kind.UNREACHABLE;
        }
    }

    void leave(ClientEngagement engagement) {
        try {
            daemon.leave(EngageRequests.leave(engagement));
        } catch (FaultException e) {
            invocation.output().warn("Warning: " + e.fault());
        }
    }
}
