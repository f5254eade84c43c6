/**
 * Which HTTP requests an engagement takes: matching, order of judgement, and conflicts, the same in the agent, the
 * manager and the clients. Pure values; knows nothing of sockets.
 */
package io.telepresence.filter;
