package io.telepresence.cli.docker;

import io.telepresence.fault.FaultException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The containers that one run has made, or may have; {@link #close} removes them. Any thread. */
final class OwnContainers implements AutoCloseable {
    private final Docker docker;
    private final Runnable removed;
    private final Set<String> names = ConcurrentHashMap.newKeySet();

    /** @param removed runs when nothing is left of them, as far as the engine says */
    OwnContainers(Docker docker, Runnable removed) {
        this.docker = docker;
        this.removed = removed;
    }

    /** Before it is made. */
    void add(String container) {
        names.add(container);
    }

    /** It could not be made: where its name was taken, it is somebody else's and stays. Returns {@code why}. */
    FaultException disowned(String container, FaultException why) {
        if (DockerFaults.isNameTaken(why.fault())) {
            names.remove(container);
        }
        return why;
    }

    /** What cannot be removed now is found by its labels later. */
    @Override
    public void close() {
        List<String> command = new ArrayList<>(List.of("rm", "--force", "--volumes"));
        command.addAll(names.stream().sorted().toList());
        try {
            if (names.isEmpty() || !DockerFaults.isUnheard(docker.run(command))) {
                removed.run();
            }
        } catch (FaultException e) {
            assert e.fault() != null;
        }
    }
}
