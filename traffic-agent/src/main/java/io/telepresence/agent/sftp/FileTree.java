package io.telepresence.agent.sftp;

import io.telepresence.agent.podinfo.AppVolume;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What a client may see of a container: its volumes where the container has them, and the directories that lead there.
 * The latter are not real: they hold nothing else and cannot be changed. Paths are the container's: absolute, without a
 * slash at the end, and empty for the root. Immutable.
 */
public final class FileTree {
    private final Path base;
    private final boolean readOnly;
    private final Map<String, AppVolume> volumes = new LinkedHashMap<>();

    /**
     * @param base where this machine has the volumes: {@code <base><path of the volume>}
     * @param volumes of the container; those with a path that is no proper path are left out
     * @param readOnly nothing may be changed, whatever the volumes say
     */
    public FileTree(Path base, List<AppVolume> volumes, boolean readOnly) {
        this.base = base;
        this.readOnly = readOnly;
        for (AppVolume volume : volumes) {
            String path = NamesOnDisk.normal(volume.path());
            if (!path.isEmpty()) {
                this.volumes.put(path, volume);
            }
        }
    }

    Path base() {
        return base;
    }

    /** The volume that the container has exactly here. */
    Optional<AppVolume> volumeAt(String path) {
        return Optional.ofNullable(volumes.get(path));
    }

    /** Whether a volume that is served lies somewhere below. */
    boolean leadsOn(String path) {
        return path.isEmpty() || !below(path).isEmpty();
    }

    /** NamesOnDisk in a directory that is not real. */
    SortedSet<String> below(String path) {
        SortedSet<String> names = new TreeSet<>();
        volumes.forEach((at, volume) -> {
            if (!volume.local() && at.startsWith(path + "/")) {
                String rest = at.substring(path.length() + 1);
                int slash = rest.indexOf('/');
                names.add(slash < 0 ? rest : rest.substring(0, slash));
            }
        });
        return names;
    }

    /** Where this machine has the volumes below. */
    List<Path> served(String path) {
        return volumes.entrySet().stream()
                .filter(e -> !e.getValue().local() && e.getKey().startsWith(path + "/"))
                .map(e -> real(e.getKey()))
                .toList();
    }

    boolean writable(AppVolume volume) {
        return !readOnly && !volume.readOnly();
    }

    /** Where this machine has what the container has there. */
    Path real(String path) {
        return Arrays.stream(path.split("/")).filter(n -> !n.isEmpty()).reduce(base, Path::resolve, (a, _) -> a);
    }
}
