package io.telepresence.cli.docker;

import io.telepresence.cli.docker.Docker.Output;
import io.telepresence.fault.Fault;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the docker command says, as sentences. Pure. */
final class DockerFaults {
    private static final List<String> NO_ENGINE = List.of(
            "cannot connect to the docker daemon",
            "failed to connect to the docker api",
            "is the docker daemon running",
            "connection refused",
            "error during connect");

    /** Exit code of a docker command that took too long. */
    private static final int TIMED_OUT = 124;

    private static final List<String> NOT_FOUND =
            List.of("repository does not exist", "not found", "pull access denied", "manifest unknown");

    private static final String NAME_TAKEN = ": a container of that name already exists";

    /** The engine's own words for an address that it, or a program of the machine, has taken already. */
    private static final Pattern TAKEN = Pattern.compile(
            "Bind for (\\S+) failed|listen (?:tcp|udp)[46]? (\\S+):|host port (?:for )?([0-9.]+:\\d+|\\[[0-9a-f:]*\\]:\\d+)");

    private DockerFaults() {}

    /** @param doing completes "cannot …" */
    static Fault of(String doing, Output output) {
        String said = output.err().toLowerCase(Locale.ROOT);
        if (isDenied(said)) {
            return Fault.denied(
                    "you have no right to use the Docker engine: its socket denies you access",
                    "Join the group docker and log in again, or use a rootless engine");
        }
        if (isEngine(output)) {
            return Fault.unreachable(
                    "the Docker engine does not answer: " + first(output),
                    "Start it, for example with \"systemctl start docker\", and try again");
        }
        if (output.code() == TIMED_OUT) {
            return Fault.unreachable("cannot " + doing + ": docker " + output.err(), "");
        }
        if (said.contains("is already in use by container")) {
            return Fault.user("cannot " + doing + NAME_TAKEN, "Give another --name, or remove that container");
        }
        if (said.contains("port is already allocated") || said.contains("address already in use")) {
            return Fault.user(
                    "cannot " + doing + ": " + portOf(first(output)), "Publish another port, or free this one");
        }
        return Fault.user("cannot " + doing + ": " + first(output), "");
    }

    /** The engine itself is the trouble, not what was asked of it. */
    static boolean isEngine(Output output) {
        String said = output.err().toLowerCase(Locale.ROOT);
        return NO_ENGINE.stream().anyMatch(said::contains) || isDenied(said);
    }

    /** Whether the engine may not have done what it was told: then it is still to be done. */
    static boolean isUnheard(Output output) {
        return isEngine(output) || output.code() == TIMED_OUT;
    }

    private static boolean isDenied(String said) {
        return said.contains("permission denied while trying to connect to the docker");
    }

    /** Whether a fault of {@link #of} says that somebody else has the container's name. */
    static boolean isNameTaken(Fault fault) {
        return fault.text().endsWith(NAME_TAKEN);
    }

    static Fault noImage(String image, Output pulled) {
        String said = pulled.err().toLowerCase(Locale.ROOT);
        String why = NOT_FOUND.stream().anyMatch(said::contains) ? "there is no such image" : first(pulled);
        return Fault.user(
                "the image " + image + " is not in this engine and cannot be pulled: " + why,
                "Check its name, or load it with \"docker load\"");
    }

    private static String portOf(String text) {
        Matcher found = TAKEN.matcher(text);
        if (!found.find()) {
            return text;
        }
        String address =
                found.group(1) != null ? found.group(1) : found.group(2) != null ? found.group(2) : found.group(3);
        return "the port " + address + " is taken already";
    }

    /** The first line that says something, without what docker puts in front. */
    static String first(Output output) {
        String text = (output.err().isBlank() ? output.out() : output.err())
                .lines()
                .map(String::strip)
                .filter(l -> !l.isEmpty() && !l.startsWith("See 'docker") && !l.startsWith("Run 'docker"))
                .filter(l -> !l.startsWith("Unable to find image"))
                .findFirst()
                .orElse("no reason given");
        for (String prefix : List.of("docker: ", "Error response from daemon: ", "Error: ", "error: ", "ERROR: ")) {
            if (text.startsWith(prefix)) {
                text = text.substring(prefix.length());
            }
        }
        return text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
    }
}
