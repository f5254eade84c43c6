package io.telepresence.cli.engage;

import io.telepresence.engagement.PortRequest;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * {@code --port <local>[:<identifier>]}, and {@code <local>:<container port>[:<identifier>]} for a container.
 *
 * @param inside port in the handler's container where it differs from the local one; zero: it does not
 */
record PortArgument(PortRequest request, int inside) {
    private static final Pattern IDENTIFIER = Pattern.compile("([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)(/(?i:TCP|UDP))?");

    /** For a container as handler: of three parts the one in the middle is its own port. */
    static PortArgument parseForContainer(String text) throws FaultException {
        int colon = text.indexOf(':');
        int second = text.indexOf(':', colon + 1);
        if (colon < 0 || second < 0) {
            return parse(text);
        }
        PortArgument port = parse(text.substring(0, colon) + text.substring(second));
        return new PortArgument(port.request, number(text.substring(colon + 1, second), text));
    }

    static PortArgument parse(String text) throws FaultException {
        int colon = text.indexOf(':');
        String local = colon < 0 ? text : text.substring(0, colon);
        String identifier = colon < 0 ? "" : text.substring(colon + 1);
        int slash = local.indexOf('/');
        if (colon < 0 && slash >= 0) {
            throw wrong(text);
        }
        if (colon >= 0 && !valid(identifier)) {
            throw wrong(text);
        }
        // The names of ports are in lower case, those of protocols in upper case.
        int protocol = identifier.indexOf('/');
        return new PortArgument(
                new PortRequest(
                        number(local, text),
                        protocol < 0
                                ? identifier
                                : identifier.substring(0, protocol)
                                        + identifier.substring(protocol).toUpperCase(Locale.ROOT)),
                0);
    }

    private static boolean valid(String identifier) {
        if (!IDENTIFIER.matcher(identifier).matches()) {
            return false;
        }
        String name = identifier.replaceFirst("/.*", "");
        return !name.chars().allMatch(Character::isDigit)
                || name.length() <= 5 && Integer.parseInt(name) >= 1 && Integer.parseInt(name) <= 65535;
    }

    private static int number(String local, String text) throws FaultException {
        try {
            int port = Integer.parseInt(local);
            if (port >= 1 && port <= 65535) {
                return port;
            }
        } catch (NumberFormatException e) {
            throw wrong(text);
        }
        throw wrong(text);
    }

    private static FaultException wrong(String text) {
        return Fault.user(
                        "port must be of the format --port <local-port>[:<svcPortIdentifier>], not \"" + text + "\"",
                        "A port is a number from 1 to 65535; an identifier is a port's name or number, with /TCP or /UDP"
                                + " after it if need be")
                .exception();
    }
}
