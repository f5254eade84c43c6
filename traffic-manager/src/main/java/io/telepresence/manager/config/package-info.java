/**
 * The manager's settings, as the chart gives them. Used by the start, the wiring and the edge. Knows nothing of what is
 * done with them.
 */
package io.telepresence.manager.config;
