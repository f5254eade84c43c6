/**
 * Runs the user's own command inside a session and passes its exit code on. Used by the commands. Knows nothing
 * of sessions.
 */
package io.telepresence.cli.run;
