/** What every end-to-end class stands on: the cluster, the laptop and its accounts, commands and their results, and the watch around each class. */
package io.telepresence.e2e.harness;
