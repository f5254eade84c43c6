/**
 * How an engagement comes and goes: it is created, its agents are brought, the containers it replaced are restored, idle
 * agents are taken out, and all of them when they are uninstalled. Used by the gRPC edge and the wiring. The one room
 * that joins engagements with the injection; knows nothing of flows and of the wire.
 */
package io.telepresence.manager.lifecycle;
