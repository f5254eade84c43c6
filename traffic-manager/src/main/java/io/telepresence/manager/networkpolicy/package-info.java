/**
 * What network policies do to a pod once it has an agent, said to the user before it gets one. Used by the room {@code
 * lifecycle}. Knows nothing of engagements; changes nothing.
 */
package io.telepresence.manager.networkpolicy;
