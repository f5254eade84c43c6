package io.telepresence.rootd.session;

import com.google.protobuf.ByteString;
import io.telepresence.agree.Routing;
import io.telepresence.base.Cidr;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.rootd.DnsConfig;
import io.telepresence.rpc.rootd.NetworkConfig;
import io.telepresence.text.Printable;
import java.net.InetAddress;
import java.util.List;
import java.util.stream.Stream;

/** Refuses a configuration that makes no sense with one sentence, before any of it is put on this machine. */
final class ConfigCheck {
    /** What a unix socket's address takes. */
    private static final int LONGEST_PATH = 107;

    private static final int MOST_CARRIERS = 64;
    private static final int MOST_SUBNETS = 10_000;
    private static final int LONGEST_NAME = 253;
    private static final int LONGEST_SHOWN = 60;
    private static final int LAST_PORT = 65_535;

    private ConfigCheck() {}

    static void check(NetworkConfig config) throws FaultException {
        String socket = config.getCarrierSocket();
        refuseIf(
                !socket.startsWith("/") || socket.length() > LONGEST_PATH || socket.indexOf('\0') >= 0,
                "the carrier's socket " + shown(socket) + " is not an absolute path of at most " + LONGEST_PATH
                        + " characters");
        range("number of carriers", config.getCarriers(), MOST_CARRIERS);
        subnets("service subnet", config.getServiceSubnetsList());
        subnets("pod subnet", config.getPodSubnetsList());
        Routing user = Routing.fromWire(config.getRouting());
        for (Routing.Rule rule : Routing.Rule.values()) {
            texts(rule.flag() + " subnet", user.subnets(rule));
        }
        for (ByteString address : config.getApiServerList()) {
            address("API server", address);
        }
        endpoint("manager's pod", config.getManagerPodIp(), config.getManagerPodPort());
        endpoint("injector", config.getInjectorIp(), config.getInjectorPort());
        range("dial timeout in ms", config.getDialTimeoutMs(), Integer.MAX_VALUE);
        range("limit of the connectivity check in ms", config.getConnectivityCheckMs(), Integer.MAX_VALUE);
        range("connect timeout of carriers in ms", config.getCarrierConnectMs(), Integer.MAX_VALUE);
        dns(config.getDns());
    }

    private static void dns(DnsConfig dns) throws FaultException {
        range("lookup timeout in ms", dns.getLookupTimeoutMs(), Integer.MAX_VALUE);
        for (String text : dns.getLocalAddressesList()) {
            boolean wrong;
            try {
                wrong = ConfigTranslator.endpoint(text).getPort() == 0;
            } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
                wrong = true;
            }
            refuseIf(wrong, "the local nameserver " + shown(text) + " is not an address with or without a port");
        }
        Stream<String> own = Stream.of(
                        Stream.of(dns.getClusterDomain(), dns.getNamespace()),
                        dns.getNamespacesList().stream(),
                        dns.getIncludeSuffixesList().stream(),
                        dns.getExcludeSuffixesList().stream(),
                        dns.getExcludesList().stream())
                .flatMap(names -> names);
        Stream<String> mapped =
                dns.getMappingsList().stream().flatMap(mapping -> Stream.of(mapping.getName(), mapping.getAliasFor()));
        for (String name : Stream.concat(own, mapped).toList()) {
            refuseIf(
                    name.length() > LONGEST_NAME || name.chars().anyMatch(c -> c <= ' ' || c == 0x7f),
                    shown(name) + " is not a DNS name or a suffix of one");
        }
    }

    private static void texts(String what, List<String> subnets) throws FaultException {
        few(what, subnets);
        for (String subnet : subnets) {
            boolean wrong;
            try {
                wrong = Cidr.parse(subnet).toString().isEmpty();
            } catch (IllegalArgumentException e) {
                wrong = true;
            }
            refuseIf(wrong, "the " + what + " " + shown(subnet) + " is not a subnet such as 10.1.0.0/16");
        }
    }

    private static void few(String what, List<?> subnets) throws FaultException {
        refuseIf(
                subnets.size() > MOST_SUBNETS,
                "there are " + subnets.size() + " entries of the kind " + what + ", at most " + MOST_SUBNETS
                        + " are possible");
    }

    private static void subnets(String what, List<io.telepresence.rpc.manager.Cidr> subnets) throws FaultException {
        few(what, subnets);
        for (io.telepresence.rpc.manager.Cidr subnet : subnets) {
            InetAddress address = address(what, subnet.getIp());
            int bits = subnet.getIp().size() * 8;
            refuseIf(
                    subnet.getPrefixLength() < 0 || subnet.getPrefixLength() > bits,
                    "the " + what + " " + Cidr.text(address) + "/" + Integer.toUnsignedString(subnet.getPrefixLength())
                            + " is wrong: a prefix length there is 0 to " + bits);
        }
    }

    /** An IPv4 address in the form of IPv6 is refused too: nobody knows what its prefix would mean. */
    private static InetAddress address(String what, ByteString bytes) throws FaultException {
        refuseIf(
                bytes.size() != 4 && bytes.size() != 16,
                "an address of the kind " + what + " has " + bytes.size() + " bytes, not 4 or 16");
        InetAddress address = Cidr.address(bytes.toByteArray());
        refuseIf(
                address.getAddress().length != bytes.size(),
                "the " + what + " address ::ffff:" + Cidr.text(address) + " is an IPv4 address in the form of IPv6");
        return address;
    }

    private static void endpoint(String what, ByteString ip, int port) throws FaultException {
        if (!ip.isEmpty()) {
            address(what, ip);
        }
        range("port of the " + what, port, LAST_PORT);
    }

    /** The field is unsigned on the wire. */
    private static void range(String what, int value, int most) throws FaultException {
        refuseIf(
                value < 0 || value > most,
                "the " + what + " is " + Integer.toUnsignedString(value) + ", not 0 to " + most);
    }

    private static String shown(String text) {
        String line = Printable.line(text);
        return "\"" + (line.length() <= LONGEST_SHOWN ? line : line.substring(0, LONGEST_SHOWN) + "...") + "\"";
    }

    private static void refuseIf(boolean wrong, String sentence) throws FaultException {
        if (wrong) {
            throw Fault.config("the network configuration makes no sense: " + sentence, "")
                    .exception();
        }
    }
}
