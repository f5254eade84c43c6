/** A cluster of many objects for {@code scripts/bench scale}, and many clients for {@code scripts/bench identity}. */
package io.telepresence.e2e.scale;
