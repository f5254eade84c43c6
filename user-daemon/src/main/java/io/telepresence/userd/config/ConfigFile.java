package io.telepresence.userd.config;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
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

    /**
     * The system's file under the user's one. Files that do not exist are empty.
     *
     * @param named the file of {@code --config}, which must exist; or null
     */
    public static ConfigLayer read(Map<String, String> environment, Path home, Path named, Problems problems)
            throws FaultException {
        String dirs = environment.getOrDefault("XDG_CONFIG_DIRS", "");
        Path system = Path.of(dirs.isEmpty() ? "/etc/xdg" : dirs.split(":", 2)[0], "telepresence", "config.yml");
        ConfigLayer own =
                named == null ? layer(user(environment, home), false, problems) : layer(named, true, problems);
        return layer(system, false, problems).under(own);
    }

    private static ConfigLayer layer(Path file, boolean must, Problems problems) throws FaultException {
        try {
            return ConfigLayer.parse(Files.readString(file), file.toString(), problems);
        } catch (NoSuchFileException e) {
            if (!must) {
                return ConfigLayer.EMPTY;
            }
            throw Fault.config("the configuration file " + file + " does not exist", "")
                    .exception(e);
        } catch (IOException e) {
            throw Fault.config("cannot read the configuration file " + file + ": " + e.getMessage(), "")
                    .exception(e);
        }
    }
}
