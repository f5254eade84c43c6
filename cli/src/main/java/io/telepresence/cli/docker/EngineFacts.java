package io.telepresence.cli.docker;

import io.telepresence.fault.FaultException;
import java.util.Map;

/**
 * What kind of engine this is.
 *
 * @param sharesSockets whether a unix socket in a shared directory works on both sides
 * @param rootless the container's root is this user
 * @param addsHostGateway whether the name of the host gateway must be given to containers
 */
record EngineFacts(boolean sharesSockets, boolean rootless, boolean addsHostGateway) {
    /** unix or tcp; for engines that are not recognised. */
    static final String TRANSPORT = "TELEPRESENCE_DOCKER_TRANSPORT";

    /** Asks the engine; a fault tells why there is none. */
    static EngineFacts of(Docker docker, Map<String, String> environment) throws FaultException {
        Docker.Output info = docker.must(
                "ask the Docker engine what it is", "info", "--format", "{{.OperatingSystem}}|{{.SecurityOptions}}");
        String text = info.out();
        boolean desktop = text.contains("Docker Desktop");
        boolean rootless = text.contains("name=rootless");
        boolean remapped = text.contains("name=userns");
        String engine = environment.getOrDefault("DOCKER_HOST", "");
        boolean remote = !engine.isEmpty() && !engine.startsWith("unix:");
        String forced = environment.getOrDefault(TRANSPORT, "");
        boolean shares = forced.isEmpty() ? !desktop && !remapped && !remote : forced.equals("unix");
        return new EngineFacts(shares, rootless, !desktop);
    }
}
