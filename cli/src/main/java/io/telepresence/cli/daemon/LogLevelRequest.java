package io.telepresence.cli.daemon;

import java.time.Duration;

/**
 * What {@code loglevel} asks for.
 *
 * @param duration zero: for ever
 */
public record LogLevelRequest(String level, Duration duration, boolean localOnly, boolean remoteOnly) {}
