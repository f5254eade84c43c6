/** Facts that the user should know, as sentences: raised by the parts that see them, shown by status. Knows no part. */
package io.telepresence.userd.health;
