/**
 * Commands that run a container in the cluster's network: curl and docker-run. Used by {@code cli} only. Knows nothing of
 * engagements.
 */
package io.telepresence.cli.container;
