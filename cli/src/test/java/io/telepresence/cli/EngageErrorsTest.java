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
                    intercept echo --docker-run                        | --docker-run needs the name of an image after --
                    intercept echo --docker-run img                    | unexpected argument "img"
                    intercept echo --docker-run -- -p 80:80            | --docker-run needs the name of an image after --
                    replace echo --docker-run -- -d img                | the docker run option -d cannot be used
                    ingest echo --docker-run -- --detach=1 img         | the docker run option -d cannot be used
                    wiretap echo --docker-run --docker-build . -- img  | only one of --docker-run, --docker-build and --docker-debug can be given
                    intercept echo --docker-build . --docker-debug .   | only one of --docker-run, --docker-build and --docker-debug can be given
                    replace echo --docker-build . -- -p 80:80          | the word IMAGE is missing after --
                    replace echo --docker-debug . -- img               | the word IMAGE is missing after --
                    replace echo --docker-build . -- -d IMAGE          | the docker run option -d cannot be used
                    intercept echo --docker-mount /m                   | --docker-mount needs --docker-run or --docker-build
                    intercept echo --docker-build-opt a=b              | --docker-build-opt needs --docker-build
                    ingest echo --docker-run --docker-build-opt a=b -- i | --docker-build-opt needs --docker-build
                    ingest echo --docker-run --docker-mount m -- img   | "m" is not a valid value of --docker-mount
                    ingest echo --docker-run --docker-mount /m --mount=false -- img | --docker-mount and --mount=false cannot be used together
                    ingest echo --docker-run --local-mount-port 22 -- img | --local-mount-port and a container as handler cannot be used together
                    wiretap echo --docker-run --address ::1 -- img     | --address and a container as handler cannot be used together
                    intercept echo --docker-run -- --network host img  | --network host cannot be used
                    intercept echo -p 1:x:y --docker-run -- img        | port must be of the format --port <local-port>[:<svcPortIdentifier>]
                    intercept echo --env-syntax bash                   | invalid environment syntax "bash"
                    intercept echo --env-syntax sh                     | --env-syntax needs --env-file
                    intercept echo --env-file /no/dir/env              | the environment cannot be written to /no/dir/env: there is no directory /no/dir
                    intercept echo --env-json /tmp                     | the environment cannot be written to /tmp: it is a directory
                    intercept echo --mount=:ro                         | --mount needs a value
                    intercept echo --local-mount-port 0                | "0" is not a valid value of --local-mount-port
                    intercept echo --local-mount-port 22 --mount=false | --local-mount-port and --mount=false cannot be used together
                    intercept echo --local-mount-port 22 --mount /m    | --local-mount-port and --mount=/m cannot be used together
                    intercept echo --detailed-output                   | --detailed-output needs json or yaml output
                    uninstall                                          | no workload is given
                    uninstall -a echo                                  | --all-agents and names of workloads cannot be used together
                    revoke echo                                        | "echo" is not the ID of an engagement
                    why                                                | no request is given
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
