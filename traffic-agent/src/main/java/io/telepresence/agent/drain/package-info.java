/**
 * When an agent whose pod ends may end itself: not before the application, and not with a connection of its own open.
 * Used by the wiring; knows ports and times, nothing of protocols or of the traffic-manager.
 */
package io.telepresence.agent.drain;
