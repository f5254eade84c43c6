package io.telepresence.agree;

/** The layer-4 protocol of a port or a flow. */
public enum Transport {
    TCP,
    UDP
}
