package io.telepresence.identity;

import java.util.HexFormat;

/**
 * The certificate signing request by which the API server tells the traffic-manager who a client is: the client creates it,
 * the API server writes into it who that was, the manager reads and deletes it, and nobody ever signs it. Its subject has
 * the common name {@link #commonName} and the organizational unit {@code namespace of the manager}; its key is the client's.
 */
public final class Ticket {
    /** No signer of Kubernetes itself has it. */
    public static final String SIGNER = "telepresence.io/client";

    /** The API server adds a few random characters. */
    public static final String NAME_PREFIX = "telepresence-";

    public static final int NONCE_BYTES = 16;

    /** Of the manager's pod: clients may begin connections with a {@link ConnectionProof}. Its value is {@value #LEVEL}. */
    public static final String POD_ANNOTATION = "telepresence.io/client-proof";

    public static final String LEVEL = "1";

    private Ticket() {}

    /** @param nonce of {@value #NONCE_BYTES} bytes, from the manager, good for one ticket */
    public static String commonName(byte[] nonce) {
        return NAME_PREFIX + HexFormat.of().formatHex(nonce);
    }
}
