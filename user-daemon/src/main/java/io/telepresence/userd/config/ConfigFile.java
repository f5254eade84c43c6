package io.telepresence.userd.config;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Where the client's configuration lies, and how it is read. The user's file is stronger than the system's. */
public final class ConfigFile {
    private ConfigFile() {}

    /** The user's own file: {@code $XDG_CONFIG_HOME/telepresence/config.yml}, else below {@code ~/.config}. */
    public static Path user(Map<String, String> environment, Path home) {
        return directory(environment, home).resolve("config.yml");
    }

    /** The user's directory for configuration. */
    public static Path directory(Map<String, String> environment, Path home) {
        String xdg = environment.getOrDefault("XDG_CONFIG_HOME", "");
        return (xdg.isEmpty() ? home.resolve(".config") : Path.of(xdg)).resolve("telepresence");
    }

    /** The text of a file, and how it is named in messages. */
    public record Source(String name, String yaml) {}

    /**
     * The system's file and the user's one, the weaker first, without those that do not exist.
     *
     * @param named the file of {@code --config}, which must exist; or null
     */
    public static List<Source> sources(Map<String, String> environment, Path home, Path named) throws FaultException {
        String dirs = environment.getOrDefault("XDG_CONFIG_DIRS", "");
        Path system = Path.of(dirs.isEmpty() ? "/etc/xdg" : dirs.split(":", 2)[0], "telepresence", "config.yml");
        List<Source> found = new ArrayList<>();
        add(found, system, false);
        add(found, named == null ? user(environment, home) : named, named != null);
        return List.copyOf(found);
    }

    /** All sources as one layer, the last one the strongest. */
    public static ConfigLayer parse(List<Source> sources, Problems problems) {
        ConfigLayer all = ConfigLayer.EMPTY;
        for (Source each : sources) {
            all = all.under(ConfigLayer.parse(each.yaml(), each.name(), problems));
        }
        return all;
    }

    /** {@link #sources}, parsed. */
    public static ConfigLayer read(Map<String, String> environment, Path home, Path named, Problems problems)
            throws FaultException {
        return parse(sources(environment, home, named), problems);
    }

    private static void add(List<Source> found, Path file, boolean must) throws FaultException {
        try {
            found.add(new Source(file.toString(), Files.readString(file)));
        } catch (NoSuchFileException e) {
            if (!must) {
                return;
            }
            throw Fault.config("the configuration file " + file + " does not exist", "")
                    .exception(e);
        } catch (IOException e) {
            throw Fault.config("cannot read the configuration file " + file + ": " + e.getMessage(), "")
                    .exception(e);
        }
    }
}
