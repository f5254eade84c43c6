package io.telepresence.userd.logs;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes logs into a zip file. What cannot be read becomes an error line, not a failure. Not thread-safe. */
public final class LogZip implements AutoCloseable {
    private final ZipOutputStream zip;
    private final boolean anonymize;
    private final Map<String, String> aliases = new LinkedHashMap<>();
    private final List<String> errors = new ArrayList<>();

    private LogZip(OutputStream out, boolean anonymize) {
        this.zip = new ZipOutputStream(out);
        this.anonymize = anonymize;
    }

    /**
     * @param anonymize replace the names that {@link #hide} tells
     * @param shared whoever gets to its directory may read it: the laptop's user, who may be another one in a container;
     *     otherwise only this user may
     */
    public static LogZip create(Path file, boolean anonymize, boolean shared) throws FaultException {
        if (!file.isAbsolute() || !file.toString().endsWith(".zip")) {
            throw Fault.user("the output file " + file + " must end in .zip", "")
                    .exception();
        }
        try {
            Files.deleteIfExists(file);
            String permissions = shared ? "rw-r--r--" : "rw-------";
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions)));
            return new LogZip(Files.newOutputStream(file), anonymize);
        } catch (IOException e) {
            throw Fault.user("cannot write " + file + ": " + e.getClass().getSimpleName() + " " + e.getMessage(), "")
                    .exception(e);
        }
    }

    /** A name that must not appear when the zip is anonymous. */
    public void hide(String kind, Set<String> names) {
        int next = aliases.size() + 1;
        for (String name : names) {
            if (name.length() > 2 && aliases.putIfAbsent(name, kind + "-" + next) == null) {
                next++;
            }
        }
    }

    /** Adds a local file and its rolled predecessors; one that does not exist is left out. */
    public void file(Path file) {
        for (String suffix : List.of("", ".1", ".2", ".3", ".4", ".5")) {
            Path each = Path.of(file + suffix);
            try {
                data(each.getFileName().toString(), Files.readAllBytes(each));
            } catch (NoSuchFileException e) {
                if (suffix.isEmpty()) {
                    errors.add(file + " does not exist");
                }
                return;
            } catch (IOException e) {
                errors.add("cannot read " + each + ": " + e.getMessage());
            }
        }
    }

    /** Adds contents that came from elsewhere. */
    public void data(String name, byte[] contents) {
        try {
            zip.putNextEntry(new ZipEntry(anonymous(name)));
            zip.write(
                    anonymize
                            ? anonymous(new String(contents, StandardCharsets.UTF_8))
                                    .getBytes(StandardCharsets.UTF_8)
                            : contents);
            zip.closeEntry();
        } catch (IOException e) {
            errors.add("cannot write " + name + ": " + e.getMessage());
        }
    }

    public void error(String text) {
        errors.add(text);
    }

    public List<String> errors() {
        return List.copyOf(errors);
    }

    @Override
    public void close() throws FaultException {
        try {
            zip.close();
        } catch (IOException e) {
            throw Fault.internal("cannot finish the zip file: " + e.getMessage())
                    .exception(e);
        }
    }

    private String anonymous(String text) {
        if (!anonymize) {
            return text;
        }
        String hidden = text;
        // The longest first: of "echo-1" nothing may be left because there is an "echo" too.
        List<String> names = new ArrayList<>(aliases.keySet());
        names.sort(Comparator.comparingInt(String::length).reversed());
        for (String name : names) {
            hidden = hidden.replace(name, aliases.get(name));
        }
        return hidden;
    }
}
