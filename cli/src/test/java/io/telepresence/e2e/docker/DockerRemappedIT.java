package io.telepresence.e2e.docker;

import org.junit.jupiter.api.extension.ExtendWith;

/** Docker mode on an engine whose containers have users of their own ({@code userns-remap}). */
@ExtendWith(DockerSession.Remapped.class)
class DockerRemappedIT extends EngineCases {}
