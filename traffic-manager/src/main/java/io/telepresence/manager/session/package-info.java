/**
 * Who is here: clients and agents with their sessions, how long they may be silent, and what ends with them. Used by
 * every package that does something on behalf of a session. Knows nothing of what they do.
 */
package io.telepresence.manager.session;
