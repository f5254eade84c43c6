package io.telepresence.agent.podinfo;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.ByteString;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What the laptop is told is what the application's container has, byte for byte. */
class AppEnvironmentTest {
    private static final AppContainer APP =
            new AppContainer("app", "_TEL_APP_A_", List.of(), OptionalLong.empty(), Optional.empty());

    /** One letter is one byte. */
    private static Map<String, String> told(boolean narrow, String... entries) {
        byte[] block = (String.join("\0", entries) + "\0").getBytes(ISO_8859_1);
        Map<String, String> told = new TreeMap<>();
        new AppEnvironment(ProcessEnvironment.parse(block), Set.of("SECRET"), narrow)
                .of(APP)
                .forEach((name, value) -> told.put(name, value.toString(ISO_8859_1)));
        return told;
    }

    @Test
    void namesAndValuesAreAsTheKernelHasThem() {
        assertEquals(
                Map.of(
                        "spring.profiles.active", "dev",
                        "log-level", "debug",
                        "two words", "a=b",
                        "#x", "",
                        "LINES", "one\ntwo\r\n",
                        "UTF", "j\u00c3\u00bcrgen",
                        "BYTES", "\u00ff\u00fe"),
                told(
                        false,
                        "PATH=/bin",
                        "_TEL_APP_A_spring.profiles.active=dev",
                        "_TEL_APP_A_log-level=debug",
                        "_TEL_APP_A_two words=a=b",
                        "_TEL_APP_A_#x=",
                        "_TEL_APP_A_LINES=one\ntwo\r\n",
                        "_TEL_APP_A_UTF=j\u00c3\u00bcrgen",
                        "_TEL_APP_A_BYTES=\u00ff\u00fe",
                        "_TEL_APP_A_SECRET=x",
                        "_TEL_APP_B_OTHER=x",
                        "no equals sign"));
    }

    @Test
    void keysThatAnOldKubeletSkipsAreNotTold() {
        String[] entries = {
            "_TEL_APP_A_1st=x", "_TEL_APP_A_..data=x", "_TEL_APP_A_a/b=x", "_TEL_APP_A_.ok=1", "_TEL_APP_A_a-.9=1"
        };
        assertEquals(Map.of(".ok", "1", "a-.9", "1"), told(true, entries));
        assertEquals(5, told(false, entries).size());
    }

    @Test
    void referencesThatLeadNowhereAreAsTheApplicationSeesThem() {
        assertEquals(
                Map.of(
                        "X",
                        "a-$(UNKNOWN)-b$(",
                        "Y",
                        "tcp://10.0.0.1 $(FOO_PORT) $(PATH) $(_TEL_APP_A_",
                        "Z",
                        "$(_TEL_APP_B_X)"),
                told(
                        false,
                        "PATH=/bin",
                        "WEB_PORT=tcp://10.0.0.1",
                        "_TEL_APP_A_X=a-$(_TEL_APP_A_UNKNOWN)-b$(",
                        "_TEL_APP_A_Y=$(_TEL_APP_A_WEB_PORT) $(_TEL_APP_A_FOO_PORT) $(_TEL_APP_A_PATH) $(_TEL_APP_A_",
                        "_TEL_APP_A_Z=$(_TEL_APP_B_X)"));
    }

    @Test
    void ownEnvironmentIsRead() throws Exception {
        assertEquals(System.getenv("PATH"), ProcessEnvironment.own().get("PATH").toStringUtf8());
        assertEquals(
                ByteString.copyFromUtf8("1"),
                ProcessEnvironment.parse("A=1\0A=2\0".getBytes(ISO_8859_1)).get("A"));
    }
}
