/** How lines of a log look. Used by every process that logs with logback, which the command line does not have. */
package io.telepresence.log;
