package io.telepresence.rootd.ip;

/** Why a packet could not be delivered, as ICMP says it (RFC 792 and 1812; for IPv6 RFC 4443). */
public enum Unreachable {
    HOST(1, 1, 3),
    PROTOCOL(2, 4, 1),
    PORT(3, 1, 4),
    PROHIBITED(13, 1, 1);

    final int codeV4;
    final int typeV6;
    final int codeV6;

    Unreachable(int codeV4, int typeV6, int codeV6) {
        this.codeV4 = codeV4;
        this.typeV6 = typeV6;
        this.codeV6 = codeV6;
    }
}
