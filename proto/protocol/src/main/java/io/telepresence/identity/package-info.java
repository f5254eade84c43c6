/**
 * How a client shows on each connection that it holds the key that its user's identity is bound to. Used by the user
 * daemon and the traffic-manager. Knows nothing of users.
 */
package io.telepresence.identity;
