/** What the annotations of a pod, or of its template, say about its agent. */
package io.telepresence.manager.annotation;
