/**
 * Values and formats that at least two modules read or write: subnets, addresses, Go durations, PEM, requests of
 * certificates. Pure; used by all; knows the JDK only.
 */
package io.telepresence.base;
