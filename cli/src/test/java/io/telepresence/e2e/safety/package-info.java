/** What may go wrong: crashes, faults, attacks, load, drains. Neither the laptop nor callers suffer. */
package io.telepresence.e2e.safety;
