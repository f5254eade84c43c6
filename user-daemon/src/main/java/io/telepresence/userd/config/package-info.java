/**
 * The client's configuration: one record tree with its defaults, read from several layers, every problem told with file
 * and line. Used by connect and by the edge; knows nothing of Kubernetes or gRPC.
 */
package io.telepresence.userd.config;
