package io.telepresence.cli.daemon;

import java.util.List;

/**
 * A session with a cluster.
 *
 * @param already a session with equal parameters was there before
 * @param warnings sentences for stderr
 */
public record Connected(boolean already, String context, String namespace, String server, List<String> warnings) {}
