package io.telepresence.agent.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.telepresence.base.Pem;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OpensslKeysTest {
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
        assertEquals(algorithm, Pem.key(dir.resolve("k")).getAlgorithm());
    }
}
