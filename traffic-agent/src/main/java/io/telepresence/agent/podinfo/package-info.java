/**
 * The environment and the volumes of the pod's containers, as a client sees them. Used by {@code podaccess} and the
 * wiring; knows no flows and no manager.
 */
package io.telepresence.agent.podinfo;
