/**
 * What a user may do: asked of the API server by {@code SubjectAccessReview}, as the user that it has stamped on a ticket.
 * Used by use cases and the gRPC edge. Knows nothing of how somebody proves who he is.
 */
package io.telepresence.manager.rights;
