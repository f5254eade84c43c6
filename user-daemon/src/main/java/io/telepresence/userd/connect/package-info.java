/**
 * The connection of this laptop to one cluster: its state, the steps that make it, and the parts that live as long as it
 * does. Used by the edge; may use every other package but the edge.
 */
package io.telepresence.userd.connect;
