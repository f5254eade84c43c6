/**
 * How the processes of Telepresence run their parts: what is opened is closed in reverse, threads have names and are
 * counted, waiting grows. Used by every other package; knows nothing of any of them.
 */
package io.telepresence.run;
