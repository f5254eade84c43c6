/** The shape of the house as tests: who may import whom, how long files and methods may grow, what every package says. */
package io.telepresence.layers;
