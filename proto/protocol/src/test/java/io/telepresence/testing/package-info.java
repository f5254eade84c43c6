/** What the unit tests of every module have in common. Used by all test code; knows nothing of the product but threads. */
package io.telepresence.testing;
