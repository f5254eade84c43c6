package io.telepresence.cli.docker;

import io.telepresence.agree.ServerUrl;
import io.telepresence.base.Cidr;
import io.telepresence.fault.FaultException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a container reaches an API server whose URL is meant for this machine. One that is a container itself (kind, k3d,
 * minikube) is reached on its own network; another one on this machine's loopback by the host gateway.
 *
 * @param dial host:port; empty: where the URL says
 * @param network Docker network that the daemon must join; empty: none
 */
record ApiServerRoute(String dial, String network) {
    static final ApiServerRoute AS_IT_IS = new ApiServerRoute("", "");

    private static final Pattern PUBLISHED = Pattern.compile("([0-9.]+|\\[[0-9a-f:]*\\]|:::?):?(\\d+)->(\\d+)/tcp");

    /** @param hostGateway how containers call this machine; empty: they cannot */
    static ApiServerRoute find(Docker docker, String server, String hostGateway) throws FaultException {
        Optional<ServerUrl> url = ServerUrl.parse(server);
        if (url.isEmpty()) {
            return AS_IT_IS;
        }
        String host = url.get().withoutZone();
        int port = url.get().portOr(443);
        if (isLoopback(host)) {
            ApiServerRoute container = published(docker, port);
            if (!container.dial.isEmpty()) {
                return container;
            }
            return hostGateway.isEmpty() ? AS_IT_IS : new ApiServerRoute(hostGateway + ":" + port, "");
        }
        return isPrivate(host) ? new ApiServerRoute("", networkOf(docker, host)) : AS_IT_IS;
    }

    /** The unspecified addresses too: k3d writes 0.0.0.0, by which a program calls its own machine. */
    private static boolean isLoopback(String host) {
        return List.of("localhost", "::1", "0.0.0.0", "::").contains(host) || host.matches("127(\\.\\d+){3}");
    }

    private static boolean isPrivate(String host) {
        return host.matches("(10|192\\.168|172\\.(1[6-9]|2\\d|3[01]))(\\.\\d+)+");
    }

    /** The container that publishes that port of this machine. */
    private static ApiServerRoute published(Docker docker, int port) throws FaultException {
        for (String line : docker.must("list containers", "ps", "--format", "{{.ID}} {{.Ports}}")
                .lines()) {
            Matcher each = PUBLISHED.matcher(line);
            while (each.find()) {
                if (Integer.parseInt(each.group(2)) == port) {
                    return at(docker, line.substring(0, line.indexOf(' ')), each.group(3));
                }
            }
        }
        return AS_IT_IS;
    }

    private static ApiServerRoute at(Docker docker, String container, String port) throws FaultException {
        String format =
                "{{range $name, $net := .NetworkSettings.Networks}}{{$name}} {{$net.IPAddress}}{{println}}{{end}}";
        for (String line : docker.must("inspect a container", "inspect", "--format", format, container)
                .lines()) {
            String[] words = line.split(" ");
            if (words.length == 2) {
                return new ApiServerRoute(words[1] + ":" + port, words[0]);
            }
        }
        return AS_IT_IS;
    }

    /** The Docker network that the address is in; empty: none. */
    private static String networkOf(Docker docker, String host) throws FaultException {
        List<String> command = new ArrayList<>(
                List.of("network", "inspect", "--format", "{{.Name}}{{range .IPAM.Config}} {{.Subnet}}{{end}}"));
        command.addAll(docker.must("list networks", "network", "ls", "--quiet").lines());
        try {
            InetAddress address = InetAddress.getByName(host);
            for (String line : docker.must("inspect networks", command).lines()) {
                String[] words = line.split(" ");
                for (int i = 1; i < words.length; i++) {
                    if (Cidr.parse(words[i]).contains(address)) {
                        return words[0];
                    }
                }
            }
        } catch (UnknownHostException | IllegalArgumentException e) {
            return "";
        }
        return "";
    }
}
