/**
 * What the pod tells a client about a container of the application: its environment and its volumes. Used by the reach
 * package and the wiring; knows no flows and no manager.
 */
package io.telepresence.agent.podinfo;
