/**
 * The user daemon's start, wiring and gRPC edge: one class per request of the command line. Used by nobody; may use every
 * other package of this module, none of which knows it.
 */
package io.telepresence.userd;
