package io.telepresence.agree;

import java.util.Locale;

/**
 * What a port speaks as far as its declaration says. Annotations outrank the service's {@code appProtocol}, that
 * outranks the port's name, and that its number; what nobody has said the first bytes tell.
 *
 * @param tls whether callers speak TLS
 * @param http which HTTP is spoken, inside TLS or in the clear
 */
public record PortProtocol(Tls tls, Http http) {
    /** Whether there is TLS around it. */
    public enum Tls {
        ALWAYS,
        NEVER,
        UNKNOWN
    }

    /** Which version of HTTP. */
    public enum Http {
        ONE,
        TWO,
        /** It is no HTTP, and its bytes are not to be looked at. */
        NONE,
        UNKNOWN
    }

    /**
     * @param annotated whether an annotation gives the agent a certificate for callers
     * @param appProtocol of the service's port, or its name if it has none; may be empty
     * @param portName of the container's port; may be empty
     * @param number of the container's port
     */
    public static PortProtocol of(boolean annotated, String appProtocol, String portName, int number) {
        PortProtocol declared = declared(appProtocol);
        if (declared == null) {
            declared = portName.equalsIgnoreCase("https") || number == 443
                    ? new PortProtocol(Tls.ALWAYS, Http.UNKNOWN)
                    : new PortProtocol(Tls.UNKNOWN, Http.UNKNOWN);
        }
        if (!annotated) {
            return declared;
        }
        Http http = declared.http() == Http.NONE ? Http.UNKNOWN : declared.http();
        return new PortProtocol(Tls.ALWAYS, http);
    }

    private static PortProtocol declared(String appProtocol) {
        return switch (appProtocol.toLowerCase(Locale.ROOT)) {
            case "kubernetes.io/wss", "wss" -> new PortProtocol(Tls.ALWAYS, Http.ONE);
            case "https" -> new PortProtocol(Tls.ALWAYS, Http.UNKNOWN);
            case "http2", "grpc" -> new PortProtocol(Tls.ALWAYS, Http.TWO);
            case "kubernetes.io/h2c", "h2c" -> new PortProtocol(Tls.NEVER, Http.TWO);
            case "kubernetes.io/ws" -> new PortProtocol(Tls.NEVER, Http.ONE);
            case "kubernetes.io/http", "http" -> new PortProtocol(Tls.UNKNOWN, Http.ONE);
            case "tcp", "udp" -> new PortProtocol(Tls.NEVER, Http.NONE);
            default -> null;
        };
    }

    /** Whether first bytes may be looked at. */
    public boolean mayParse() {
        return http != Http.NONE;
    }
}
