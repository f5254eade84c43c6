/**
 * Who has done what: one line of JSON on standard output for each deed, and some events of the workload. Used by the gRPC
 * edge; sees engagements come and go by itself. Never blocks whom it watches. No contents of requests, and no secrets.
 */
package io.telepresence.manager.audit;
