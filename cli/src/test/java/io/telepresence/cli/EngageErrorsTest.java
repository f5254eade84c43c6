package io.telepresence.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bad input of the engagements: one sentence, and the daemon is not asked for anything. */
final class EngageErrorsTest {
    private final Typing typing = new Typing();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            textBlock =
                    """
                    intercept a/b                                      | "a/b" is not a valid name
                    intercept echo -w Deploy/echo                      | "Deploy/echo" is not a valid workload
                    intercept echo -n Shop                             | "Shop" is not a valid value of --namespace
                    replace echo --container a_b                       | "a_b" is not a valid value of --container
                    intercept echo --address 127.0.0.1:80              | "127.0.0.1:80" is not a valid value of --address
                    intercept echo --to-pod 0                          | "0" is not a valid value of --to-pod
                    intercept echo --to-pod 80/SCTP                    | "80/SCTP" is not a valid value of --to-pod
                    ingest echo --to-pod 80,80                         | --to-pod 80 is given twice
                    intercept echo -p 80:a -p 80:b                     | the local port 80 is given twice
                    replace echo -p all,80                             | port must be of the format
                    intercept echo --metadata x                        | "x" is not a valid value of --metadata
                    intercept echo --http-header x                     | "x" is not an HTTP header
                    wiretap echo --http-header a@b=x                   | "a@b" is not the name of an HTTP header
                    wiretap echo --http-path-regex (                   | "(" is not a valid regular expression
                    wiretap echo --http-path-equal=                    | an HTTP path filter is empty
                    wiretap echo --http-path-equal /a -p 1:2/UDP       | HTTP filters do not work on UDP ports
                    wiretap echo --http-path-equal /a --mechanism tcp  | --mechanism tcp cannot filter HTTP requests
                    wiretap echo --mechanism quic                      | invalid mechanism "quic"
                    wiretap echo --metadata a=b                        | unknown flag: --metadata
                    wiretap echo --to-pod 80                           | unknown flag: --to-pod
                    ingest echo --port 80                              | unknown flag: --port
                    replace echo --http-header a=b                     | unknown flag: --http-header
                    intercept echo --docker-run                        | unknown flag: --docker-run
                    intercept echo --env-syntax bash                   | invalid environment syntax "bash"
                    intercept echo --env-syntax sh                     | --env-syntax needs --env-file
                    intercept echo --env-file /no/dir/env              | the environment cannot be written to /no/dir/env: there is no directory /no/dir
                    intercept echo --env-json /tmp                     | the environment cannot be written to /tmp: it is a directory
                    intercept echo --mount=                            | --mount needs a value
                    intercept echo --mount=:ro                         | --mount needs a value
                    intercept echo --local-mount-port 0                | "0" is not a valid value of --local-mount-port
                    intercept echo --local-mount-port 22 --mount=false | --local-mount-port and --mount=false exclude each other
                    intercept echo --local-mount-port 22 --mount /m    | --local-mount-port and --mount=/m exclude each other
                    intercept echo --detailed-output                   | --detailed-output needs json or yaml output
                    uninstall                                          | no workload is named
                    uninstall -a echo                                  | --all-agents and names of workloads exclude each other
                    revoke echo                                        | "echo" is not the ID of an engagement
                    why                                                | no request is named
                    why GET http://a b                                 | unexpected argument "b"
                    why ftp://a/b                                      | "ftp://a/b" is not a URL that a request can be made to
                    why http:///b                                      | "http:///b" is not a URL that a request can be made to
                    why http://echo --last 0                           | "0" is not a valid value of --last
                    why http://echo -H x                               | "x" is not an HTTP header
                    genyaml config                                     | genyaml config needs either --workload or --input
                    genyaml config -w a -i b                           | genyaml config needs either --workload or --input
                    genyaml volume                                     | genyaml volume needs --agent
                    genyaml container -a - -i -                        | --agent and --input cannot both be stdin
                    genyaml container -a /no/file                      | the file /no/file cannot be read: there is none
                    """)
    void oneSentenceAndNothingStarted(String line, String want) {
        assertEquals(1, typing.type(line));
        assertTrue(typing.err().contains(": error: " + want), typing.err());
        assertEquals(1, typing.err().lines().count());
        assertNull(typing.asked());
    }
}
