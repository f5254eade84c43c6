/**
 * Text that came from elsewhere, on its way to people. Used wherever something is printed or logged. Knows nothing of the
 * rest.
 */
package io.telepresence.text;
