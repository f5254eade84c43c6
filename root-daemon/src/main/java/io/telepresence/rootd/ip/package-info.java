/**
 * Reads and writes IP, TCP, UDP and ICMP headers in byte buffers, and their checksums. Pure functions without state,
 * used by {@code rootd.stack}; knows nothing of devices, flows or threads.
 */
package io.telepresence.rootd.ip;
