package io.telepresence.e2e;

import org.junit.jupiter.api.extension.ExtendWith;

/** Docker mode on an engine that the developer runs without root. */
@ExtendWith(DockerSession.Rootless.class)
class DockerRootlessIT extends EngineCases {}
