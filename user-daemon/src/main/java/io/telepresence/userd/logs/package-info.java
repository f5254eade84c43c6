/** This daemon's log file, its level, and the zip of everybody's logs. Used by the edge. Knows logback and zip files. */
package io.telepresence.userd.logs;
