/** The same in containers, and what only containers have. */
package io.telepresence.e2e.docker;
