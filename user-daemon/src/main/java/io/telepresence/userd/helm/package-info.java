/**
 * The traffic-manager's Helm release: install, upgrade, uninstall, lint, with the chart that this build carries and real
 * Helm (a native library, loaded at the first use). Used by the edge for the command line; knows nothing of sessions.
 */
package io.telepresence.userd.helm;
