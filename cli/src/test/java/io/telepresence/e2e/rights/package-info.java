/** What the chart grants, against what the API servers of a run of the end-to-end tests have noted. Used by {@code scripts/test}. */
package io.telepresence.e2e.rights;
