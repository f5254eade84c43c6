/** Strangers at a port, and what they get. */
package io.telepresence.limits;
