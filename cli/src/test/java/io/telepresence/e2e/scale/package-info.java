/** A cluster of many objects for {@code scripts/bench scale}. */
package io.telepresence.e2e.scale;
