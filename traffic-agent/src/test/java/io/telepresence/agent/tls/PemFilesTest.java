package io.telepresence.agent.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PemFilesTest {
    @TempDir
    Path dir;

    @ParameterizedTest
    @CsvSource({
        "RSA, openssl genrsa -traditional -out k 2048",
        "RSA, openssl genpkey -algorithm RSA -out k",
        "EC, openssl ecparam -genkey -name prime256v1 -out k",
        "EC, openssl ecparam -genkey -name secp384r1 -noout -out k",
        "EC, openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 -out k",
        "EdDSA, openssl genpkey -algorithm ed25519 -out k"
    })
    void keysAsTheyAreMade(String algorithm, String command) throws Exception {
        assumeTrue(Keys.canBeMade(), "there is no openssl");
        Keys.run(dir, command);
        assertEquals(algorithm, PemFiles.key(dir.resolve("k")).getAlgorithm());
    }

    @Test
    void whatIsNoKeyIsRefused() throws Exception {
        for (String text : new String[] {
            "",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            "-----BEGIN EC PRIVATE KEY-----\nMIGk\n-----END EC PRIVATE KEY-----\n",
            "-----BEGIN RSA PRIVATE KEY-----\n====\n-----END RSA PRIVATE KEY-----\n"
        }) {
            Files.writeString(dir.resolve("k"), text);
            assertThrows(GeneralSecurityException.class, () -> PemFiles.key(dir.resolve("k")), text);
            assertThrows(GeneralSecurityException.class, () -> PemFiles.certificates(dir.resolve("k")), text);
        }
    }
}
