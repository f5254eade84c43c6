/**
 * Names, numbers and places that two processes must know alike: versions, ports, annotations, local sockets. Used by
 * every process; holds values and pure functions only.
 */
package io.telepresence.agree;
