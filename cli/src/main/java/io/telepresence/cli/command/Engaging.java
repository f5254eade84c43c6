package io.telepresence.cli.command;

import io.telepresence.cli.daemon.Daemon;
import io.telepresence.cli.daemon.EngageWish;
import io.telepresence.cli.daemon.Engagement;
import io.telepresence.cli.daemon.LeaveWish;
import io.telepresence.cli.env.EnvFile;
import io.telepresence.cli.env.EnvSyntax;
import io.telepresence.cli.run.Job;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One engagement from its request to its end: all that was typed is checked before anything is started, and what was
 * started is ended if its environment cannot be written or its command is over.
 */
final class Engaging {
    private final Engagement.Kind kind;
    private final Call call;

    Engaging(Engagement.Kind kind, Call call) {
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
        Daemon daemon = Sessions.session(call);
        call.progress().step(doing() + " " + wish.workload().name());
        Engagement engagement = daemon.engage(wish, call.progress()::step);
        if (!call.childCommand().isEmpty()) {
            call.around().children().holdSignals();
        }
        call.progress().close();
        write(daemon, engagement, files);
        show(engagement, wish.mount().mode() == EngageWish.MountMode.PATH);
        if (call.childCommand().isEmpty()) {
            sayStarted();
            return 0;
        }
        return runInside(daemon, engagement);
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

    private void write(Daemon daemon, Engagement engagement, List<EnvFile> files) throws FaultException {
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
            leave(daemon, engagement);
            throw e;
        }
    }

    private void show(Engagement engagement, boolean mountWasNamed) {
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

    private int runInside(Daemon daemon, Engagement engagement) throws FaultException {
        AtomicBoolean ended = new AtomicBoolean();
        call.output().flush();
        Job job = new Job(call.childCommand(), engagement.environment(), this::sayStarted, () -> {
            boolean over = over(daemon, engagement);
            ended.set(over);
            return over;
        });
        int code;
        try {
            code = call.around().children().run(job);
        } catch (FaultException e) {
            leave(daemon, engagement);
            throw e;
        }
        if (ended.get()) {
            call.output().warn("The engagement \"" + engagement.name() + "\" was ended, and so was its command");
        } else {
            leave(daemon, engagement);
        }
        return code;
    }

    /** Blocks until somebody ends the engagement, or the daemon is gone; false: nobody can say. */
    private static boolean over(Daemon daemon, Engagement engagement) {
        try {
            daemon.awaitEnd(LeaveWish.of(engagement));
            return true;
        } catch (FaultException e) {
            return e.fault().kind() == Fault.Kind.UNREACHABLE;
        }
    }

    private void leave(Daemon daemon, Engagement engagement) {
        try {
            daemon.leave(LeaveWish.of(engagement));
        } catch (FaultException e) {
            call.output().warn("Warning: " + e.fault());
        }
    }
}
