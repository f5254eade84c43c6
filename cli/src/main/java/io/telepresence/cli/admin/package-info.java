/**
 * Commands of the traffic-manager's administrator: its Helm release, agents taken out of pods, engagements of other clients, and
 * YAML for agents that are written in by hand. Used by {@code cli} only. Knows nothing of engagements.
 */
package io.telepresence.cli.admin;
