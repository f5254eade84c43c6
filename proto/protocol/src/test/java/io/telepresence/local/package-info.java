/** Tests of local sockets and event loops. */
package io.telepresence.local;
