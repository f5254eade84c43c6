package io.telepresence.cli.command;

import io.telepresence.cli.daemon.Chosen;
import io.telepresence.cli.daemon.Daemon;
import io.telepresence.cli.daemon.EngageWish;
import io.telepresence.cli.daemon.Engagement;
import io.telepresence.cli.daemon.LeaveWish;
import io.telepresence.cli.env.EnvFile;
import io.telepresence.cli.env.EnvSyntax;
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
final class Engaging {
    private final EngagementKind kind;
    private final Call call;
    private List<EnvFile> files = List.of();
    private Daemon daemon;

    Engaging(EngagementKind kind, Call call) {
        this.kind = kind;
        this.call = call;
    }

    int run() throws FaultException {
        EngageWish wish = EngageOptions.wish(kind, call);
        List<EnvFile> files = files();
        if (call.flag("--detailed-output") && !call.output().structured()) {
            throw Fault.user("--detailed-output needs json or yaml output", "Add --output json")
                    .exception();
        }
        if (call.flag("--replace")) {
            call.output()
                    .warn("Warning: --replace is deprecated and the container keeps running;"
                            + " use \"telepresence replace\" instead");
        }
        Optional<HandlerWish> container = HandlerWish.of(call, wish.mount());
        this.files = files;
        Chosen chosen = Sessions.chosen(call);
        this.daemon = chosen.daemon();
        if (container.isPresent()) {
            return new EngagingContainer(call, chosen, container.get(), this).run(wish);
        }
        EngageWish possible = chosen.container().isPresent() ? withoutMount(wish) : wish;
        Engagement engagement = engage(possible, UnaryOperator.identity());
        show(engagement, wish.mount().mode() == EngageWish.MountMode.PATH);
        if (call.childCommand().isEmpty()) {
            sayStarted();
            return 0;
        }
        return runInside(
                engagement, (started, over) -> new Job(call.childCommand(), engagement.environment(), started, over));
    }

    /**
     * Engages, and writes the environment where it was asked for.
     *
     * @param handled the engagement as its handler sees it
     */
    Engagement engage(EngageWish wish, UnaryOperator<Engagement> handled) throws FaultException {
        call.progress().step(doing() + " " + wish.workload().name());
        Engagement engagement = handled.apply(daemon.engage(wish, call.progress()::step));
        if (!call.childCommand().isEmpty() || HandlerWish.isContainer(call)) {
            call.around().children().holdSignals();
        }
        call.progress().close();
        write(engagement);
        return engagement;
    }

    /** A daemon in a container has no file system where the user could look for volumes. */
    private static EngageWish withoutMount(EngageWish wish) throws FaultException {
        if (wish.mount().mode() == EngageWish.MountMode.PATH || wish.mount().port() != 0) {
            throw Fault.user(
                            "the daemon is in a container, so volumes cannot be mounted on this machine",
                            "Use --docker-run, whose container gets them, or --mount=false")
                    .exception();
        }
        return wish.mounted(new EngageWish.Mount(EngageWish.MountMode.NONE, "", false, 0));
    }

    private String doing() {
        return switch (kind) {
            case INTERCEPT -> "Intercepting";
            case REPLACE -> "Replacing a container of";
            case WIRETAP -> "Wiretapping";
            case INGEST -> "Ingesting";
        };
    }

    /** The environment files that were asked for, which can be written. */
    private List<EnvFile> files() throws FaultException {
        EnvSyntax syntax = EnvSyntax.parse(call.text("--env-syntax", "docker"));
        List<EnvFile> files = new ArrayList<>();
        add(files, "--env-file", syntax);
        add(files, "--env-json", EnvSyntax.JSON);
        if (call.options().hasMatchedOption("--env-syntax")
                && call.text("--env-file").isEmpty()) {
            throw Fault.user("--env-syntax needs --env-file", "Name the file to write")
                    .exception();
        }
        return files;
    }

    private void add(List<EnvFile> files, String option, EnvSyntax syntax) throws FaultException {
        if (!call.options().hasMatchedOption(option)) {
            return;
        }
        if (call.text(option).isEmpty()) {
            throw Fault.user(option + " needs the name of a file", "").exception();
        }
        EnvFile file = new EnvFile(EngageArguments.absolute(option, call.text(option), call.caller()), syntax);
        file.check();
        files.add(file);
    }

    private void write(Engagement engagement) throws FaultException {
        try {
            for (EnvFile file : files) {
                file.write(engagement.environment());
                List<String> leftOut = file.syntax().leftOut(engagement.environment());
                if (!leftOut.isEmpty()) {
                    call.output()
                            .warn("Warning: no shell can set " + String.join(", ", leftOut) + ", so " + file.path()
                                    + " is without");
                }
            }
        } catch (FaultException e) {
            leave(engagement);
            throw e;
        }
    }

    void show(Engagement engagement, boolean mountWasNamed) {
        if (call.flag("--detailed-output")) {
            call.output().bare(EngagementTree.of(engagement));
        } else {
            EngagementText.started(engagement, mountWasNamed).forEach(call.output()::line);
        }
    }

    private void sayStarted() {
        if (!call.text("--wait-message").isEmpty()) {
            call.output().line(call.text("--wait-message"));
            call.output().flush();
        }
    }

    /** Makes the command that handles an engagement: what to do when it runs, and what ends when the engagement does. */
    @FunctionalInterface
    interface Commands {
        Job job(Runnable started, BooleanSupplier over);
    }

    /** Runs the command until it ends; the engagement ends with it. */
    int runInside(Engagement engagement, Commands commands) throws FaultException {
        AtomicBoolean ended = new AtomicBoolean();
        call.output().flush();
        Job job = commands.job(this::sayStarted, () -> {
            boolean over = over(engagement);
            ended.set(over);
            return over;
        });
        int code;
        try {
            code = call.around().children().run(job);
        } catch (FaultException e) {
            leave(engagement);
            throw e;
        }
        if (ended.get()) {
            call.output().warn("The engagement \"" + engagement.name() + "\" was ended, and so was its command");
        } else {
            leave(engagement);
        }
        return code;
    }

    /** Blocks until somebody ends the engagement, or the daemon is gone; false: nobody can say. */
    private boolean over(Engagement engagement) {
        try {
            daemon.awaitEnd(LeaveWish.of(engagement));
            return true;
        } catch (FaultException e) {
            return e.fault().kind() == Fault.Kind.UNREACHABLE;
        }
    }

    void leave(Engagement engagement) {
        try {
            daemon.leave(LeaveWish.of(engagement));
        } catch (FaultException e) {
            call.output().warn("Warning: " + e.fault());
        }
    }
}
