/**
 * The Secret in which the traffic-manager keeps the keys that it goes on using. The chart makes it empty, its contents are
 * the manager's alone. Knows nothing of what the keys are for.
 */
package io.telepresence.manager.keys;
