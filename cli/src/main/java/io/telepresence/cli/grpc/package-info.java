/**
 * The smallest gRPC client that the command line needs: one call per connection, unary or server-streaming, over a unix
 * socket. Exists because a full gRPC transport costs a third of the start-up budget. Used by {@code cli.connector}, and for
 * where a server listens by {@code cli.daemon}; knows bytes and statuses, no message types.
 */
package io.telepresence.cli.grpc;
