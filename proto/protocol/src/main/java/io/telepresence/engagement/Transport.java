package io.telepresence.engagement;

/** The layer-4 protocol of a port. */
public enum Transport {
    TCP,
    UDP
}
