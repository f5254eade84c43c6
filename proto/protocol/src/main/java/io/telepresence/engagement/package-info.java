/**
 * What an engagement is, the same in the agent, the manager and the clients: its kinds and what each does, how it stands,
 * which requests it is about, and to which of several a request belongs. Pure values and functions; knows nothing of
 * sockets.
 */
package io.telepresence.engagement;
