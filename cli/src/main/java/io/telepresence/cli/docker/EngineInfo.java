package io.telepresence.cli.docker;

import io.telepresence.fault.FaultException;
import java.util.Map;

/**
 * What kind of engine this is.
 *
 * @param sharesSockets whether a unix socket in a shared directory works on both sides
 * @param users who the users of a container are
 * @param addsHostGateway whether the name of the host gateway must be given to containers
 */
record EngineInfo(boolean sharesSockets, Users users, boolean addsHostGateway) {
    /** Who the users of a container are to its machine. */
    enum Users {
        /** The machine's own, by number. */
        SAME,
        /** Root is the user of the rootless engine, all others are strangers. */
        ROOT_IS_THIS_USER,
        /** All are strangers. */
        STRANGERS
    }

    /** unix or tcp; for engines that are not recognised. */
    static final String TRANSPORT = "TELEPRESENCE_DOCKER_TRANSPORT";

    /** Asks the engine; a fault tells why there is none. */
    static EngineInfo of(Docker docker, Map<String, String> environment) throws FaultException {
        Docker.Output info = docker.must(
                "ask the Docker engine what it is", "info", "--format", "{{.OperatingSystem}}|{{.SecurityOptions}}");
        String text = info.out();
        boolean desktop = text.contains("Docker Desktop");
        Users users = text.contains("name=rootless")
                ? Users.ROOT_IS_THIS_USER
                : text.contains("name=userns") ? Users.STRANGERS : Users.SAME;
        String engine = environment.getOrDefault("DOCKER_HOST", "");
        boolean remote = !engine.isEmpty() && !engine.startsWith("unix:");
        String forced = environment.getOrDefault(TRANSPORT, "");
        boolean shares = forced.isEmpty() ? !desktop && users != Users.STRANGERS && !remote : forced.equals("unix");
        return new EngineInfo(shares, users, !desktop);
    }
}
