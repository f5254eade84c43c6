/**
 * The change of a pod that gets an agent: containers, ports, volumes, environment; and the same as YAML for who does it by
 * hand. Almost all of it is pure. Used by the webhook and by the warnings of {@code policy}. Knows nothing of requests,
 * of running pods, sessions and engagements.
 */
package io.telepresence.manager.inject;
