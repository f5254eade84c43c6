/** Programs that the end-to-end tests run in pods and on the laptop. */
package io.telepresence.e2e.apps;
