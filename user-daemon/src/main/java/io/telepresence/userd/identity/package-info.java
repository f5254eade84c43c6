/**
 * Who the user is: each connection to the manager proves the key of this client, and tickets at the API server bind the key to
 * the user, again and again. Used by connect and the edge. Knows nothing of what the user may do.
 */
package io.telepresence.userd.identity;
