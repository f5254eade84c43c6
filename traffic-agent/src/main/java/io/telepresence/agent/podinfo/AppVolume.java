package io.telepresence.agent.podinfo;

/**
 * A volume as a container of the application has it.
 *
 * @param name of the volume in the pod
 * @param path where the container has it: absolute, without a slash at the end
 * @param readOnly nothing in it may be changed
 * @param local the laptop shall use a directory of its own; the agent does not have this volume
 */
public record AppVolume(String name, String path, boolean readOnly, boolean local) {}
