/**
 * The DNS server of this laptop's cluster names: decides which names are the cluster's, asks for those, and passes
 * everything else on unchanged. Used by {@code rootd.session}; knows neither gRPC nor how the machine's programs come to
 * ask it.
 */
package io.telepresence.rootd.dns;
