package io.telepresence.e2e.safety;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.telepresence.agree.AgentNames;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;

/** The processes of pods, as the machine sees them on which the nodes are. */
public final class AgentProcesses {
    private AgentProcesses() {}

    /** The agent itself; the other process of its container is the launcher, which keeps its ports. */
    public static ProcessHandle java(String podUid) {
        return one(process -> isOf(process, AgentNames.ENV_POD_UID + "=" + podUid) && runs(process, "java"));
    }

    /** The first process of the agent's container. */
    public static ProcessHandle launcher(String podUid) {
        return one(process -> isOf(process, AgentNames.ENV_POD_UID + "=" + podUid) && runs(process, "run"));
    }

    /** The process that runs this program in the same pod, and is not the agent. */
    public static ProcessHandle app(String podUid, String program) {
        ProcessHandle agent = java(podUid);
        String pod = network(agent);
        return one(process -> runs(process, program) && network(process).equals(pod) && process.pid() != agent.pid());
    }

    private static String network(ProcessHandle process) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/" + process.pid() + "/ns/net"))
                    .toString();
        } catch (IOException e) {
            return "";
        }
    }

    private static ProcessHandle one(Predicate<ProcessHandle> which) {
        List<ProcessHandle> found = ProcessHandle.allProcesses().filter(which).toList();
        assertEquals(1, found.size(), found::toString);
        return found.getFirst();
    }

    private static boolean isOf(ProcessHandle process, String variable) {
        try {
            String all = Files.readString(Path.of("/proc/" + process.pid() + "/environ"), StandardCharsets.ISO_8859_1);
            return ("\0" + all).contains("\0" + variable + "\0");
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean runs(ProcessHandle process, String program) {
        return process.info().command().orElse("").endsWith("/" + program);
    }
}
