package io.telepresence.rootd.dns;

import java.util.List;

/**
 * What the cluster's resolver says.
 *
 * @param rcode RFC 1035 RCODE; 0 without records means that the name exists, but not with this type
 */
public record LookupAnswer(int rcode, List<Record> records) {
    /** A resource record; {@code data} is its RDATA without name compression. */
    public record Record(String name, int type, long ttlSeconds, byte[] data) {}

    public LookupAnswer {
        records = List.copyOf(records);
    }
}
