package io.telepresence.e2e.safety;

import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Result;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.TestWatcher;

/**
 * Prints what the agents of Deployments have said, once, when something of the class has failed: of the pods that are there,
 * of their processes before, and of those that were followed and are gone.
 */
final class AgentLogs implements TestWatcher, LifecycleMethodExecutionExceptionHandler {
    private static final Duration LONGEST = Duration.ofMinutes(5);
    private static final int MOST_LINES = 40;
    private static final int MOST_CHARACTERS = 240;

    private static final Pattern LINE = Pattern.compile("^\\S+T([0-9:.]+)Z +\\S+ +\\S+ : (.*)");

    private final List<String> apps;
    private final Map<String, CompletableFuture<String>> followed = new ConcurrentHashMap<>();
    private boolean told;

    AgentLogs(List<String> apps) {
        this.apps = apps;
    }

    /** Of the pods that are there now, until their end. */
    void follow() {
        for (String pod : pods()) {
            CompletableFuture<String> log = new CompletableFuture<>();
            followed.put(pod, log);
            Thread.ofVirtual().start(() -> {
                try {
                    log.complete(Cluster.BACKEND
                            .script(LONGEST, "kubectl", "logs", "-f", pod, "-c", "traffic-agent")
                            .stdout());
                } catch (RuntimeException | AssertionError e) {
                    log.complete(e.toString());
                }
            });
        }
    }

    private List<String> pods() {
        String names = "{{range .items}}{{.metadata.name}} {{end}}";
        String labels = "app in (" + String.join(",", apps) + ")";
        return Cluster.kubectl("get", "pods", "-l", labels, "-o", "go-template=" + names)
                .stdout()
                .lines()
                .flatMap(line -> List.of(line.strip().split(" ")).stream())
                .filter(name -> !name.isEmpty())
                .toList();
    }

    /** The last words of the agents of one, in a few hundred characters. */
    String lastWords(String app) {
        Map<String, String> logs = new TreeMap<>();
        followed.forEach((pod, log) -> logs.put(pod, log.getNow("")));
        pods().forEach(pod -> logs.put(pod, log(pod)));
        return logs.entrySet().stream()
                .filter(pod -> pod.getKey().startsWith(app))
                .map(pod -> pod.getKey().replaceFirst(".*-", "") + ": "
                        + lastWords(pod.getValue().lines().toList()))
                .collect(Collectors.joining("; "));
    }

    /** Of a line its time and the begin of what it says. */
    private static String lastWords(List<String> lines) {
        return lines.stream()
                .skip(Math.max(0, lines.size() - 4))
                .map(line -> LINE.matcher(line).replaceFirst("$1 $2"))
                .map(line -> line.substring(0, Math.min(line.length(), 56)))
                .collect(Collectors.joining(", "));
    }

    private static String log(String pod) {
        return Cluster.kubectl("logs", pod, "-c", "traffic-agent").stdout();
    }

    private void tell() {
        if (told) {
            return;
        }
        told = true;
        List<String> there = pods();
        followed.forEach((pod, log) -> {
            if (!there.contains(pod)) {
                print(pod + ", which is gone", log.getNow("(its log has not ended)"));
            }
        });
        for (String pod : there) {
            Result before = Cluster.kubectl("logs", "--previous", pod, "-c", "traffic-agent");
            if (before.exitCode() == 0) {
                print(pod + " before", before.stdout());
            }
            print(pod, log(pod));
        }
    }

    private static void print(String whose, String log) {
        List<String> lines = log.lines().toList();
        System.out.println("the agent of " + whose + ", the last of " + lines.size() + " lines:");
        lines.stream()
                .skip(Math.max(0, lines.size() - MOST_LINES))
                .map(line -> line.substring(0, Math.min(line.length(), MOST_CHARACTERS)))
                .forEach(line -> System.out.println("  " + line));
    }

    @Override
    public void testFailed(ExtensionContext context, Throwable cause) {
        tell();
    }

    @Override
    public void handleBeforeAllMethodExecutionException(ExtensionContext context, Throwable cause) throws Throwable {
        tell();
        throw cause;
    }
}
