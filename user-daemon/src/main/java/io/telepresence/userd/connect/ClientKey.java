package io.telepresence.userd.connect;

import com.google.protobuf.ByteString;
import io.telepresence.userd.config.ConfigFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The secret of this installation on this machine, from which each of its connections has a seat at the manager: who comes
 * back to a seat is its owner. Immutable; {@link #toString} does not tell it.
 */
public final class ClientKey {
    private static final Logger LOG = LoggerFactory.getLogger(ClientKey.class);
    private static final String MAC = "HmacSHA256";
    private static final int BYTES = 32;

    private final byte[] key;

    private ClientKey(byte[] key) {
        this.key = key;
    }

    /**
     * From the file {@code seat-key} (0600) in the user's directory for configuration, which is made where it is missing or
     * broken. Where it cannot be written, there is another one each time. The same home on another machine gives another key.
     */
    public static ClientKey ofThisMachine(Map<String, String> environment, Path home) {
        return read(
                ConfigFile.directory(environment, home).resolve("seat-key"), Hosts.name() + "\n" + Hosts.machineId());
    }

    static ClientKey read(Path file, String machine) {
        byte[] key;
        try {
            key = bytes(file);
        } catch (IOException e) {
            LOG.warn("no key of seats in {}: {}", file, e.toString());
            key = random();
        }
        return new ClientKey(mac(key, machine));
    }

    /** From {@link #bytes()} of another process. */
    public static ClientKey of(ByteString bytes) {
        return new ClientKey(bytes.isEmpty() ? random() : bytes.toByteArray());
    }

    public ByteString bytes() {
        return ByteString.copyFrom(key);
    }

    /**
     * The seat of one connection at one manager: 256 bits in hex, which only who has the key, and that manager, can know.
     *
     * @param server URL of the API server
     * @param managerNamespace namespace of the manager
     */
    String seat(String connection, String server, String managerNamespace) {
        return HexFormat.of().formatHex(mac(key, String.join("\n", connection, server, managerNamespace)));
    }

    @Override
    public String toString() {
        return "key of seats";
    }

    private static byte[] bytes(Path file) throws IOException {
        try {
            byte[] found = Files.readAllBytes(file);
            if (found.length == BYTES) {
                return found;
            }
        } catch (NoSuchFileException e) {
            Files.createDirectories(file.getParent());
        }
        Path made = Files.createTempFile(file.getParent(), file.getFileName().toString(), "");
        Files.write(made, random());
        Files.move(made, file, StandardCopyOption.ATOMIC_MOVE);
        return Files.readAllBytes(file);
    }

    private static byte[] random() {
        byte[] bytes = new byte[BYTES];
        new SecureRandom().nextBytes(bytes);
        return bytes;
    }

    private static byte[] mac(byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance(MAC);
            mac.init(new SecretKeySpec(key, MAC));
            return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has " + MAC, e);
        }
    }
}
