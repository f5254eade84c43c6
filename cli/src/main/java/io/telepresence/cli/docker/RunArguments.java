package io.telepresence.cli.docker;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The words of a {@code docker run}, taken apart: what concerns the network goes to the sandbox, which holds the network
 * of the container, and the rest to the container. Pure.
 *
 * @param sandbox options for the sandbox
 * @param networks networks that the container joins besides the connection's; addresses and aliases go to the first
 * @param addresses {@code --ip} and {@code --ip6} as they were given
 * @param container options for the container, without those that are elsewhere in this record
 * @param entrypoint {@code --entrypoint}; null: the image's
 * @param mounted paths in the container that the user mounts something at
 * @param image empty: none was named
 * @param command what follows the image
 */
public record RunArguments(
        List<String> sandbox,
        List<UserNetwork> networks,
        List<String> addresses,
        List<String> container,
        Facts facts,
        String entrypoint,
        Set<String> mounted,
        String image,
        List<String> command) {

    /**
     * What was asked for by the way.
     *
     * @param name empty: none was given
     * @param publishAll whether all ports that the image exposes shall be published
     * @param detachKeys keys that leave the container's terminal; empty: docker's own
     */
    public record Facts(
            String name, boolean interactive, boolean tty, boolean detached, boolean publishAll, String detachKeys) {}

    /** Options without a value; all others of {@code docker run} have one. */
    private static final Set<String> FLAGS = Set.of(
            "--detach",
            "--disable-content-trust",
            "--help",
            "--init",
            "--interactive",
            "--no-healthcheck",
            "--oom-kill-disable",
            "--privileged",
            "--publish-all",
            "--quiet",
            "--read-only",
            "--rm",
            "--sig-proxy",
            "--tty",
            "--use-api-socket");

    private static final Set<String> NETWORK = Set.of(
            "--publish",
            "--expose",
            "--hostname",
            "--domainname",
            "--dns",
            "--dns-opt",
            "--dns-option",
            "--dns-search",
            "--add-host",
            "--mac-address",
            "--link",
            "--link-local-ip");

    private static final String SHORT_FLAGS = "ditPq";

    /** @throws FaultException one sentence: what cannot be passed on */
    public static RunArguments parse(List<String> words) throws FaultException {
        Reader reader = new Reader(words);
        reader.read();
        return reader.result();
    }

    private static final class Reader {
        private final List<String> words;
        private int at;
        private final List<String> sandbox = new ArrayList<>();
        private final List<UserNetwork> networks = new ArrayList<>();
        private final List<String> addresses = new ArrayList<>();
        private final List<String> aliases = new ArrayList<>();
        private final List<String> container = new ArrayList<>();
        private final Set<String> mounted = new LinkedHashSet<>();
        private String name = "";
        private String detachKeys = "";
        private String entrypoint;
        private boolean interactive;
        private boolean tty;
        private boolean detached;
        private boolean publishAll;

        Reader(List<String> words) {
            this.words = words;
        }

        void read() throws FaultException {
            while (at < words.size()
                    && words.get(at).startsWith("-")
                    && !words.get(at).equals("-")) {
                String word = words.get(at++);
                if (word.equals("--")) {
                    return;
                }
                if (word.startsWith("--")) {
                    readLong(word);
                } else {
                    readShort(word);
                }
            }
        }

        RunArguments result() throws FaultException {
            String image = at < words.size() ? words.get(at) : "";
            List<String> rest = at < words.size() ? words.subList(at + 1, words.size()) : List.of();
            return new RunArguments(
                    List.copyOf(sandbox),
                    joined(),
                    List.copyOf(addresses),
                    List.copyOf(container),
                    new Facts(name, interactive, tty, detached, publishAll, detachKeys),
                    entrypoint,
                    mounted,
                    image,
                    List.copyOf(rest));
        }

        /** The connection's own addresses are the engine's choice. */
        private List<UserNetwork> joined() throws FaultException {
            if (networks.isEmpty()) {
                if (!addresses.isEmpty()) {
                    String option = addresses.getFirst();
                    throw Fault.user(
                                    "the docker run option " + option.substring(0, option.indexOf('='))
                                            + " cannot be used: the engine chooses the addresses of the connection's"
                                            + " network",
                                    "Leave it out, or name your own network with --network")
                            .exception();
                }
                return List.of();
            }
            List<String> more = new ArrayList<>(aliases);
            more.addAll(addresses);
            List<UserNetwork> all = new ArrayList<>(networks);
            all.set(0, all.getFirst().with(more));
            return List.copyOf(all);
        }

        private void readLong(String word) throws FaultException {
            int equals = word.indexOf('=');
            String option = equals < 0 ? word : word.substring(0, equals);
            if (FLAGS.contains(option)) {
                flag(option, equals < 0 || truth(option, word.substring(equals + 1)));
            } else {
                option(option, equals < 0 ? next(option) : word.substring(equals + 1));
            }
        }

        /** {@code -it}, {@code -p 80:80}, {@code -p80:80}, {@code -itp 80:80}. */
        private void readShort(String word) throws FaultException {
            for (int i = 1; i < word.length(); i++) {
                char letter = word.charAt(i);
                if (SHORT_FLAGS.indexOf(letter) >= 0) {
                    boolean hasValue = word.startsWith("=", i + 1);
                    flag(longName(letter), !hasValue || truth("-" + letter, word.substring(i + 2)));
                    if (hasValue) {
                        return;
                    }
                } else {
                    String rest = word.substring(i + 1);
                    String value =
                            rest.isEmpty() ? next("-" + letter) : rest.startsWith("=") ? rest.substring(1) : rest;
                    option(longName(letter), value);
                    return;
                }
            }
        }

        /** What docker takes for a truth value. */
        private static boolean truth(String option, String value) throws FaultException {
            return switch (value) {
                case "1", "t", "T", "true", "TRUE", "True" -> true;
                case "0", "f", "F", "false", "FALSE", "False" -> false;
                default ->
                    throw Fault.user(
                                    "\"" + value + "\" is not a valid value of the docker run option " + option,
                                    "It is true or false")
                            .exception();
            };
        }

        private static String longName(char letter) {
            return switch (letter) {
                case 'a' -> "--attach";
                case 'c' -> "--cpu-shares";
                case 'd' -> "--detach";
                case 'e' -> "--env";
                case 'h' -> "--hostname";
                case 'i' -> "--interactive";
                case 'l' -> "--label";
                case 'm' -> "--memory";
                case 'p' -> "--publish";
                case 'P' -> "--publish-all";
                case 'q' -> "--quiet";
                case 't' -> "--tty";
                case 'u' -> "--user";
                case 'v' -> "--volume";
                case 'w' -> "--workdir";
                default -> "-" + letter;
            };
        }

        private String next(String option) throws FaultException {
            if (at >= words.size()) {
                throw Fault.user("the docker run option " + option + " needs a value", "")
                        .exception();
            }
            return words.get(at++);
        }

        private void flag(String option, boolean on) {
            switch (option) {
                case "--detach" -> detached = on;
                case "--interactive" -> interactive = on;
                case "--tty" -> tty = on;
                case "--publish-all" -> {
                    publishAll = on;
                    sandbox.add(option + "=" + on);
                }
                case "--rm", "--quiet", "--sig-proxy" -> {
                    // All containers of ours are removed, and signals always passed on.
                }
                default -> (NETWORK.contains(option) ? sandbox : container).add(option + "=" + on);
            }
        }

        private void option(String option, String value) throws FaultException {
            switch (option) {
                case "--name" -> name = value;
                case "--detach-keys" -> detachKeys = value;
                case "--entrypoint" -> entrypoint = value;
                case "--network", "--net" -> network(value);
                case "--ip", "--ip6" -> addresses.add(option + "=" + value);
                case "--network-alias", "--net-alias" -> {
                    sandbox.add("--network-alias=" + value);
                    aliases.add("--alias=" + value);
                }
                case "--sysctl" -> (value.startsWith("net.") ? sandbox : container).add(option + "=" + value);
                case "--volume", "--tmpfs" -> {
                    container.add(option + "=" + value);
                    mounted.add(target(option, value));
                }
                case "--mount" -> {
                    container.add(option + "=" + value);
                    mounted.add(mountTarget(value));
                }
                default -> (NETWORK.contains(option) ? sandbox : container).add(option + "=" + value);
            }
        }

        private void network(String value) throws FaultException {
            boolean mode = value.matches("(name=)?(host|none|container:.*)");
            if (mode) {
                throw Fault.user(
                                "--network " + value + " cannot be used: the container gets the network of the"
                                        + " connection",
                                "Leave it out, or name a network for it to join as well")
                        .exception();
            }
            networks.add(UserNetwork.parse(value));
        }

        private static String target(String option, String value) {
            String[] parts = value.split(":");
            String path = option.equals("--tmpfs") ? parts[0] : parts.length > 1 ? parts[1] : parts[0];
            return withoutSlash(path);
        }

        private static String mountTarget(String value) {
            for (String part : value.split(",")) {
                int equals = part.indexOf('=');
                String key = equals < 0 ? part : part.substring(0, equals);
                if (Set.of("target", "dst", "destination").contains(key.strip())) {
                    return withoutSlash(part.substring(equals + 1));
                }
            }
            return "";
        }

        private static String withoutSlash(String path) {
            return path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        }
    }
}
