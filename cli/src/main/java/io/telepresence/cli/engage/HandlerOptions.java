package io.telepresence.cli.engage;

import io.telepresence.cli.docker.RunArguments;
import io.telepresence.cli.invocation.Invocation;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What {@code --docker-run}, {@code --docker-build} and {@code --docker-debug} ask for. All that can be wrong in it is told
 * before anything is started.
 *
 * @param words what follows {@code --}, with {@link #IMAGE} for an image that is still to be built
 * @param context what to build; empty: nothing
 * @param root directory of the container below which the volumes shall be; "/": where the application has them
 */
record HandlerOptions(List<String> words, String context, List<String> buildOptions, String root) {
    /** Stands for the image that is built. */
    static final String IMAGE = "IMAGE";

    private static final List<String> DEBUGGER = List.of("--security-opt=apparmor=unconfined", "--cap-add=SYS_PTRACE");

    /** Whether the handler shall be a container. */
    static boolean isContainer(Invocation invocation) {
        return invocation.flag("--docker-run")
                || !invocation.text("--docker-build").isEmpty()
                || !invocation.text("--docker-debug").isEmpty();
    }

    /** Empty: the handler is no container. */
    static Optional<HandlerOptions> of(Invocation invocation, EngageRequests.Draft engagement) throws FaultException {
        String build = invocation.text("--docker-build");
        String debug = invocation.text("--docker-debug");
        boolean run = invocation.flag("--docker-run");
        long kinds = List.of(run, !build.isEmpty(), !debug.isEmpty()).stream()
                .filter(Boolean::booleanValue)
                .count();
        if (kinds > 1) {
            throw Fault.user("only one of --docker-run, --docker-build and --docker-debug can be given", "")
                    .exception();
        }
        if (kinds == 0) {
            checkUnused(invocation);
            return Optional.empty();
        }
        checkConflicts(invocation, run, engagement);
        String context = debug.isEmpty() ? build : debug;
        List<String> words = new ArrayList<>(debug.isEmpty() ? List.of() : DEBUGGER);
        words.addAll(invocation.childCommand().isEmpty() && !run ? List.of(IMAGE) : invocation.childCommand());
        HandlerOptions request = new HandlerOptions(
                List.copyOf(words), context, invocation.texts("--docker-build-opt"), root(invocation, engagement));
        request.check(run);
        return Optional.of(request);
    }

    /** The words with the image that was built; empty: none was. */
    RunArguments arguments(String built) throws FaultException {
        return RunArguments.parse(
                built.isEmpty()
                        ? words
                        : words.stream().map(w -> w.equals(IMAGE) ? built : w).toList());
    }

    /** Of a container that the user does not name. */
    static String name(EngagementSpec spec) {
        String kind = spec.kind().hasPorts() ? "intercept-" : "ingest-";
        int port = spec.ports().isEmpty() ? 0 : spec.ports().getFirst().localPort();
        return kind + spec.name() + (port == 0 ? "" : "-" + port);
    }

    private void check(boolean run) throws FaultException {
        RunArguments parsed = arguments("");
        if (!run && !words.contains(IMAGE)) {
            throw Fault.user(
                            "the word IMAGE is missing after --: it stands for the image that is built",
                            "Write for example: -- -p 8080:8080 IMAGE")
                    .exception();
        }
        if (parsed.image().isEmpty()) {
            throw Fault.user(
                            "--docker-run needs the name of an image after --",
                            "For example: --docker-run -- myapp:latest")
                    .exception();
        }
        if (parsed.facts().detached()) {
            throw Fault.user(
                            "the docker run option -d cannot be used: the engagement lives as long as the container's"
                                    + " command",
                            "Leave it out")
                    .exception();
        }
    }

    private static void checkUnused(Invocation invocation) throws FaultException {
        for (String option : List.of("--docker-build-opt", "--docker-mount")) {
            if (invocation.options().hasMatchedOption(option)) {
                String needed = option.equals("--docker-mount") ? "--docker-run or --docker-build" : "--docker-build";
                throw Fault.user(option + " needs " + needed, "").exception();
            }
        }
    }

    private static void checkConflicts(Invocation invocation, boolean run, EngageRequests.Draft engagement)
            throws FaultException {
        if (run && invocation.options().hasMatchedOption("--docker-build-opt")) {
            throw Fault.user("--docker-build-opt needs --docker-build", "").exception();
        }
        if (invocation.options().hasMatchedOption("--docker-mount") && !engagement.isMounted()) {
            throw Fault.user("--docker-mount and --mount=false cannot be used together", "Give one of them")
                    .exception();
        }
        if (engagement.sftpPort() != 0) {
            throw Fault.user("--local-mount-port and a container as handler cannot be used together", "Leave it out")
                    .exception();
        }
        boolean hasAddress = invocation.options().commandSpec().findOption("--address") != null;
        if (hasAddress && invocation.options().hasMatchedOption("--address")) {
            throw Fault.user(
                            "--address and a container as handler cannot be used together",
                            "The container is the address")
                    .exception();
        }
    }

    private static String root(Invocation invocation, EngageRequests.Draft engagement) throws FaultException {
        String named = engagement.mountPath();
        String root = invocation.text("--docker-mount", named.isEmpty() ? "/" : named);
        if (!root.startsWith("/")) {
            throw Fault.user(
                            "\"" + root + "\" is not a valid value of --docker-mount",
                            "It is an absolute path in the container")
                    .exception();
        }
        return root.length() > 1 && root.endsWith("/") ? root.substring(0, root.length() - 1) : root;
    }
}
