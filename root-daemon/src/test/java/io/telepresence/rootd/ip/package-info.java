/** Packets for tests, made and judged by other means than those under test. */
package io.telepresence.rootd.ip;
