package io.telepresence.rootd.host;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A machine in memory: addresses, routes, tables and files, one line each, as {@link #describe} prints them. It
 * understands the commands of {@code ip}, {@code nft}, {@code iptables} and {@code resolvectl} that the daemon uses, and
 * fails on others.
 */
public final class FakeHost implements HostCommands {
    private final TreeSet<String> lines = new TreeSet<>();
    private final Map<String, String> files = new HashMap<>();
    private final TreeSet<String> programs = new TreeSet<>(List.of("ip", "nft", "timeout"));
    private final List<String> run = new CopyOnWriteArrayList<>();
    private volatile String refused = "";

    /** @param state lines such as {@code addr 10.0.0.1/24 dev eth0} and {@code route 10.0.0.0/24 dev eth0} */
    public FakeHost(String state) {
        state.lines().filter(l -> !l.isBlank()).forEach(lines::add);
    }

    public FakeHost file(String path, String text) {
        files.put(path, text);
        return this;
    }

    public FakeHost program(String name) {
        programs.add(name);
        return this;
    }

    /** The program is not installed. */
    public FakeHost without(String name) {
        programs.remove(name);
        return this;
    }

    /** From now on each command, and each line of a batch, that has this text in it fails; empty: none does. */
    public void refuse(String text) {
        refused = text;
    }

    /** Every command so far, and every line of a batch, in order; those that only look are left out. */
    public List<String> changes() {
        return List.copyOf(run);
    }

    /** What is on the machine now, sorted. */
    public String describe() {
        return String.join("\n", lines);
    }

    /** The kernel takes what lies on a device when the device goes. */
    public void deviceGone(String name) {
        lines.removeIf(l -> (l + " ").contains(" " + name + " "));
    }

    @Override
    public boolean has(String program) {
        return programs.contains(program);
    }

    @Override
    public String read(Path file) throws IOException {
        String text = files.get(file.toString());
        if (text == null) {
            throw new NoSuchFileException(file.toString());
        }
        return text;
    }

    @Override
    public Result run(String input, List<String> command) throws IOException {
        if (!has(command.getFirst())) {
            throw new IOException("the program " + command.getFirst() + " is not installed");
        }
        List<String> rest = command.subList(1, command.size());
        if (!command.contains("-batch")) {
            Result failed = note(String.join(" ", command) + " " + input);
            if (failed != null) {
                return failed;
            }
        }
        return switch (command.getFirst()) {
            case "ip" -> ip(input, rest);
            case "nft" -> nft(input, rest);
            case "resolvectl" -> resolvectl(rest);
            case "iptables" -> iptables(rest.subList(1, rest.size()));
            case "timeout" -> run(input, rest.subList(1, rest.size()));
            default -> throw new IOException("unknown program " + command);
        };
    }

    /** Null: it may run. */
    private Result note(String command) {
        if (!command.matches("ip -json.*|timeout.*|nft -j.*|iptables -w -S.*|resolvectl --no-pager.*")) {
            run.add(command.strip());
        }
        return !refused.isEmpty() && command.contains(refused) ? new Result(2, "", "the test refuses this") : null;
    }

    private Result batched(String line) {
        Result failed = note("ip " + line);
        return failed != null ? failed : ip("", List.of(line.split(" ")));
    }

    private Result ip(String input, List<String> words) {
        if (words.contains("-batch")) {
            return input.lines()
                    .map(this::batched)
                    .filter(r -> !r.ok())
                    .findFirst()
                    .orElse(ok(""));
        }
        String text = String.join(" ", words);
        if (text.equals("-json addr show")) {
            return ok(json("addr"));
        }
        if (text.startsWith("-json -4 route")) {
            return ok(json("route"));
        }
        if (text.startsWith("-json -6 route")) {
            return ok("[]");
        }
        String what = String.join(" ", words.subList(2, words.size()));
        return switch (words.get(0) + " " + words.get(1)) {
            case "link set" -> changed(lines.add("link " + what));
            case "addr replace" -> changed(lines.add("addr " + what) || true);
            case "route add", "route append" -> changed(lines.add("route " + what));
            case "route prepend" -> changed(lines.add("route first " + what));
            case "route del" -> changed(lines.removeIf(l -> l.startsWith("route " + what)));
            default -> new Result(1, "", "what is " + words);
        };
    }

    private Result nft(String input, List<String> words) {
        String text = String.join(" ", words);
        if (text.equals("-j list chains")) {
            return ok("{\"nftables\": []}");
        }
        if (text.startsWith("delete table ")) {
            return changed(lines.removeIf(l -> l.startsWith("nft " + text.substring(13))));
        }
        lines.removeIf(l -> l.startsWith("nft inet telepresence"));
        input.lines().filter(l -> l.contains("dnat")).forEach(l -> lines.add("nft inet telepresence " + l.strip()));
        return ok("");
    }

    /** @param words without {@code -w} */
    private Result iptables(List<String> words) {
        boolean nat = words.getFirst().equals("-t");
        List<String> rest = nat ? words.subList(2, words.size()) : words;
        String table = "iptables " + (nat ? "nat " : "");
        String rule = table + String.join(" ", rest.subList(1, rest.size()));
        return switch (rest.getFirst()) {
            case "-S" -> ok("-P INPUT DROP\n");
            case "-N", "-A", "-I" -> changed(lines.add(rule));
            case "-X", "-D" -> changed(lines.remove(rule));
            case "-F" -> changed(lines.removeIf(l -> l.startsWith(rule + " ")) || lines.contains(rule));
            default -> new Result(1, "", "what is " + words);
        };
    }

    private Result resolvectl(List<String> words) {
        if (words.getFirst().equals("revert")) {
            return changed(lines.removeIf(l -> l.startsWith("resolve " + words.get(1))));
        }
        if (words.size() > 2) {
            lines.add("resolve " + words.get(1) + " " + words.getFirst() + " "
                    + String.join(" ", words.subList(2, words.size())));
        }
        return ok("");
    }

    private String json(String kind) {
        List<String> items = new ArrayList<>();
        for (String line : lines) {
            String[] w = line.split(" ");
            if (!w[0].equals(kind)) {
                continue;
            }
            if (kind.equals("addr")) {
                String[] cidr = w[1].split("/");
                items.add("{\"ifname\":\"" + after(w, "dev") + "\",\"addr_info\":[{\"local\":\"" + cidr[0]
                        + "\",\"prefixlen\":" + cidr[1] + "}]}");
            } else {
                items.add("{\"dst\":\"" + w[1] + "\",\"dev\":\"" + after(w, "dev") + "\""
                        + optional(w, "via", "gateway") + optional(w, "src", "prefsrc") + ",\"flags\":[]}");
            }
        }
        return "[" + String.join(",", items) + "]";
    }

    private static String optional(String[] words, String word, String key) {
        String value = after(words, word);
        return value.isEmpty() ? "" : ",\"" + key + "\":\"" + value + "\"";
    }

    private static String after(String[] words, String word) {
        for (int i = 0; i < words.length - 1; i++) {
            if (words[i].equals(word)) {
                return words[i + 1];
            }
        }
        return "";
    }

    private static Result ok(String out) {
        return new Result(0, out, "");
    }

    private static Result changed(boolean changed) {
        return changed ? ok("") : new Result(2, "", "RTNETLINK answers: no");
    }
}
