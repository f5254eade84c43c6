/**
 * TLS with callers, and again with the app and laptops, for ports whose certificates were given to the agent. Used by
 * the forwarders once somebody wants what is inside; what is inside is spoken by others.
 */
package io.telepresence.agent.tls;
