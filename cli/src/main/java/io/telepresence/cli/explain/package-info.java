/**
 * Commands that look for the reason of something: why a request goes where it goes, logs and log levels. Used by
 * {@code cli} only. Knows nothing of how engagements begin.
 */
package io.telepresence.cli.explain;
