/**
 * The packaged {@code telepresence} binary on a real Kubernetes, used as a developer uses it. Run by {@code scripts/test};
 * knows nothing of the product's classes: it sees commands, their output, and what the network does. The cases are in folders
 * by subject; {@code harness} and {@code apps} are what they stand on.
 */
package io.telepresence.e2e;
