/** Engagements on the laptop, and the cases that {@code e2e.docker} has too. */
package io.telepresence.e2e.engage;
