package io.telepresence.cli.docker;

import io.telepresence.cli.docker.Docker.Output;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A Docker engine that runs nothing: it keeps containers and networks, notes every command, and lets a socket listen where
 * the container of a daemon would.
 */
public final class FakeEngine implements Docker.Runner, AutoCloseable {
    private static final Pattern LABEL = Pattern.compile("\\{\\{\\.Label \"([^\"]+)\"}}");

    /** What was run, without the program's name; some of it by threads of the command's own. */
    public final List<String> commands = new CopyOnWriteArrayList<>();

    /** Beginning of a command to what it says instead of working. */
    public final Map<String, String> failures = new LinkedHashMap<>();

    /** Of the environment file: its content, place and mode. */
    public final Map<String, String> environment = new ConcurrentSkipListMap<>();

    /** Hears each command before it is run. */
    public Consumer<String> before = line -> {};

    /** Names that the cluster has. */
    final List<String> known = new ArrayList<>();

    public final List<String> images = new ArrayList<>(List.of("img", "client:1"));
    public String info = "Debian GNU/Linux 12 (bookworm)|[name=seccomp,profile=builtin]";
    public boolean daemonsListen = true;
    public String secret = "";
    public int port;
    String entrypoint = "";
    String command = "";
    String exposed = "";

    private final Map<String, Item> containers = new LinkedHashMap<>();
    private final Map<String, Item> networks = new LinkedHashMap<>();
    private final List<ServerSocketChannel> listening = new ArrayList<>();

    private static final class Item {
        private final Map<String, String> labels = new TreeMap<>();
        private final List<String> subnets = new ArrayList<>();
        private String state = "";
    }

    /** One line for each thing that there is. */
    public List<String> state() {
        List<String> lines = new ArrayList<>();
        containers.forEach((name, item) -> lines.add("container " + name + " " + item.state));
        networks.forEach((name, item) -> lines.add("network " + name + " " + String.join(" ", item.subnets)));
        return lines;
    }

    /** Something that is there already; {@code labels} as {@code key=value}. */
    public void container(String name, String state, String... labels) {
        Item item = new Item();
        item.state = state;
        label(item, List.of(labels));
        containers.put(name, item);
    }

    public void network(String name, String subnet, String... labels) {
        Item item = new Item();
        item.subnets.add(subnet);
        label(item, List.of(labels));
        networks.put(name, item);
    }

    /** The command that begins like this; there must be one. */
    public String ran(String beginning) {
        return commands.stream()
                .filter(c -> c.startsWith(beginning))
                .findFirst()
                .orElseThrow(() -> new AssertionError(beginning + " is not in\n" + String.join("\n", commands)));
    }

    @Override
    public Output run(List<String> command, Duration limit) throws IOException {
        List<String> words = command.subList(1, command.size());
        String line = String.join(" ", words);
        before.accept(line);
        commands.add(line);
        readEnvironment(words);
        for (Map.Entry<String, String> failure : failures.entrySet()) {
            if (line.startsWith(failure.getKey())) {
                return failed(failure.getValue());
            }
        }
        return switch (words.getFirst()) {
            case "info" -> said(info);
            case "image" -> image(words);
            case "pull" -> failed("Error response from daemon: manifest unknown");
            case "network" -> network(words);
            case "run", "create" -> made(words);
            case "ps" -> said(rows(containers, words));
            case "inspect" -> inspected(words);
            case "rm" -> removed(words);
            case "exec" -> executed(words);
            case "port" -> said("127.0.0.1:" + port + "\n");
            default -> said("");
        };
    }

    private void readEnvironment(List<String> words) throws IOException {
        for (String word : words) {
            if (word.startsWith("--env-file=")) {
                Path file = Path.of(word.substring("--env-file=".length()));
                environment.put("mode", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
                environment.put("file", Files.readString(file));
                environment.put("path", file.toString());
            }
        }
    }

    private Output image(List<String> words) {
        if (!images.contains(words.getLast())) {
            return failed("Error: No such image: " + words.getLast());
        }
        String format = words.get(3);
        if (format.contains("ExposedPorts")) {
            return said(exposed);
        }
        return said(format.contains("Entrypoint") ? entrypoint : format.contains("Cmd") ? command : "sha256:1\n");
    }

    private Output network(List<String> words) {
        return switch (words.get(1)) {
            case "create" -> newNetwork(words);
            case "ls" -> said(rows(networks, words));
            case "rm" -> networks.remove(words.get(2)) == null ? failed("Error: no such network") : said("");
            case "inspect" -> inspectedNetworks();
            default -> said("");
        };
    }

    private Output inspectedNetworks() {
        StringBuilder lines = new StringBuilder();
        networks.forEach((name, item) -> lines.append(name)
                .append(' ')
                .append(String.join(" ", item.subnets))
                .append('\n'));
        return said(lines.toString());
    }

    private Output newNetwork(List<String> words) {
        Item item = new Item();
        label(item, words);
        for (String word : words) {
            if (word.startsWith("--subnet=")) {
                String subnet = word.substring("--subnet=".length());
                boolean overlaps = networks.values().stream()
                        .flatMap(n -> n.subnets.stream())
                        .anyMatch(s -> FreeSubnet.overlap(s, subnet));
                if (overlaps) {
                    return failed("Error response from daemon: invalid pool request: Pool overlaps with other one on"
                            + " this address space");
                }
                item.subnets.add(subnet);
            }
        }
        networks.put(words.getLast(), item);
        return said("n\n");
    }

    private Output made(List<String> words) throws IOException {
        String name = value(words, "--name=");
        if (containers.containsKey(name)) {
            return failed("docker: Error response from daemon: Conflict. The container name \"/" + name
                    + "\" is already in use by container \"1\".");
        }
        Item item = new Item();
        label(item, words);
        item.state = words.getFirst().equals("run") ? "running" : "created";
        containers.put(name, item);
        if ("daemon".equals(item.labels.get(Labels.ROLE)) && daemonsListen) {
            for (String word : words) {
                if (word.endsWith(":/run/user/telepresence")) {
                    listen(Path.of(word.substring("--volume=".length(), word.indexOf(":/run/user")), "userd.socket"));
                }
            }
        } else if (!daemonsListen) {
            item.state = "exited";
        }
        return said("c\n");
    }

    /** A daemon's socket there. */
    public void listen(Path socket) {
        try {
            ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            channel.bind(UnixDomainSocketAddress.of(socket));
            listening.add(channel);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Output inspected(List<String> words) {
        Item item = containers.get(words.getLast());
        if (item == null) {
            return failed("Error: No such object: " + words.getLast());
        }
        return said(words.contains("{{.State.Running}}") ? item.state.equals("running") + "\n" : "172.29.255.3\n");
    }

    private Output removed(List<String> words) {
        words.stream().filter(w -> !w.startsWith("-")).forEach(containers::remove);
        return said("");
    }

    private Output executed(List<String> words) {
        String container = words.get(words.get(1).startsWith("--") ? 2 : 1);
        Item item = containers.get(container);
        if (item == null || !item.state.equals("running")) {
            return failed("Error response from daemon: container " + container + " is not running");
        }
        if (known.stream().anyMatch(n -> words.contains("name=" + n))) {
            return said("known\n");
        }
        return words.contains("cat") ? said(secret + "\n") : said("");
    }

    private static String rows(Map<String, Item> all, List<String> words) {
        StringBuilder rows = new StringBuilder();
        int format = words.indexOf("--format");
        all.forEach((name, item) -> {
            if (words.stream().filter(w -> w.startsWith("--filter=label=")).allMatch(matches(item))) {
                rows.append(format < 0 ? name : row(words.get(format + 1), name, item))
                        .append('\n');
            }
        });
        return rows.toString();
    }

    private static Predicate<String> matches(Item item) {
        return filter -> {
            String[] parts = filter.substring("--filter=label=".length()).split("=", 2);
            String label = item.labels.get(parts[0]);
            return label != null && (parts.length < 2 || label.equals(parts[1]));
        };
    }

    private static String row(String format, String name, Item item) {
        String named =
                format.replace("{{.Names}}", name).replace("{{.ID}}", name).replace("{{.State}}", item.state);
        return LABEL.matcher(named)
                .replaceAll(m -> Matcher.quoteReplacement(item.labels.getOrDefault(m.group(1), "")))
                .replace("{{.Ports}}", "");
    }

    private static void label(Item item, List<String> words) {
        for (String word : words) {
            String text = word.startsWith("--label=") ? word.substring("--label=".length()) : word;
            if (text.startsWith("io.telepresence.")) {
                item.labels.put(text.substring(0, text.indexOf('=')), text.substring(text.indexOf('=') + 1));
            }
        }
    }

    private static String value(List<String> words, String prefix) {
        return words.stream()
                .filter(w -> w.startsWith(prefix))
                .findFirst()
                .orElseThrow()
                .substring(prefix.length());
    }

    private static Output said(String out) {
        return new Output(0, out, "");
    }

    private static Output failed(String err) {
        return new Output(1, "", err);
    }

    @Override
    public void close() throws IOException {
        for (ServerSocketChannel each : listening) {
            each.close();
        }
    }
}
