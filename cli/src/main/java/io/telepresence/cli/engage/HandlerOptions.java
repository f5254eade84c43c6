package io.telepresence.cli.engage;

import io.telepresence.cli.daemon.EngageRequest;
import io.telepresence.cli.docker.RunArguments;
import io.telepresence.cli.invocation.Invocation;
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
    static boolean isContainer(Invocation call) {
        return call.flag("--docker-run")
                || !call.text("--docker-build").isEmpty()
                || !call.text("--docker-debug").isEmpty();
    }

    /** Empty: the handler is no container. */
    static Optional<HandlerOptions> of(Invocation call, EngageRequest.Mount mount) throws FaultException {
        String build = call.text("--docker-build");
        String debug = call.text("--docker-debug");
        boolean run = call.flag("--docker-run");
        long kinds = List.of(run, !build.isEmpty(), !debug.isEmpty()).stream()
                .filter(Boolean::booleanValue)
                .count();
        if (kinds > 1) {
            throw Fault.user("only one of --docker-run, --docker-build and --docker-debug can be given", "")
                    .exception();
        }
        if (kinds == 0) {
            checkUnused(call);
            return Optional.empty();
        }
        checkConflicts(call, run, mount);
        String context = debug.isEmpty() ? build : debug;
        List<String> words = new ArrayList<>(debug.isEmpty() ? List.of() : DEBUGGER);
        words.addAll(call.childCommand().isEmpty() && !run ? List.of(IMAGE) : call.childCommand());
        HandlerOptions request =
                new HandlerOptions(List.copyOf(words), context, call.texts("--docker-build-opt"), root(call, mount));
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
    static String name(EngageRequest request) {
        String kind = request.kind().hasPorts() ? "intercept-" : "ingest-";
        int port = request.traffic().ports().isEmpty()
                ? 0
                : request.traffic().ports().getFirst().local();
        return kind + request.name() + (port == 0 ? "" : "-" + port);
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

    private static void checkUnused(Invocation call) throws FaultException {
        for (String option : List.of("--docker-build-opt", "--docker-mount")) {
            if (call.options().hasMatchedOption(option)) {
                String needed = option.equals("--docker-mount") ? "--docker-run or --docker-build" : "--docker-build";
                throw Fault.user(option + " needs " + needed, "").exception();
            }
        }
    }

    private static void checkConflicts(Invocation call, boolean run, EngageRequest.Mount mount) throws FaultException {
        if (run && call.options().hasMatchedOption("--docker-build-opt")) {
            throw Fault.user("--docker-build-opt needs --docker-build", "").exception();
        }
        if (call.options().hasMatchedOption("--docker-mount") && mount.mode() == EngageRequest.MountMode.NONE) {
            throw Fault.user("--docker-mount and --mount=false exclude each other", "Give one of them")
                    .exception();
        }
        if (mount.port() != 0) {
            throw Fault.user("--local-mount-port and a container as handler exclude each other", "Leave it out")
                    .exception();
        }
        boolean hasAddress = call.options().commandSpec().findOption("--address") != null;
        if (hasAddress && call.options().hasMatchedOption("--address")) {
            throw Fault.user("--address and a container as handler exclude each other", "The container is the address")
                    .exception();
        }
    }

    private static String root(Invocation call, EngageRequest.Mount mount) throws FaultException {
        String root = call.text("--docker-mount", mount.mode() == EngageRequest.MountMode.PATH ? mount.path() : "/");
        if (!root.startsWith("/")) {
            throw Fault.user(
                            "\"" + root + "\" is not a valid value of --docker-mount",
                            "It is an absolute path in the container")
                    .exception();
        }
        return root.length() > 1 && root.endsWith("/") ? root.substring(0, root.length() - 1) : root;
    }
}
