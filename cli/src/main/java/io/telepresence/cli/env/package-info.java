/**
 * Files with the environment of a container: what each syntax looks like, and writing them so that nobody else reads
 * them. Used by {@code cli.engage}, {@code cli.docker}, {@code cli.run} and {@code cli.connector}. Knows nothing of engagements.
 */
package io.telepresence.cli.env;
