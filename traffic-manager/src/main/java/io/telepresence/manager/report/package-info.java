/**
 * What users ask about: the list of workloads, the traffic of engagements, and why a request goes where it goes. Used by
 * the gRPC edge. Changes nothing.
 */
package io.telepresence.manager.report;
