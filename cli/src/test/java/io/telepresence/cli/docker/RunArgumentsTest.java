package io.telepresence.cli.docker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.fault.FaultException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which words of a docker run go to the sandbox, which to the container, and which nowhere. */
final class RunArgumentsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            emptyValue = "",
            textBlock =
                    """
                    -it img                        |                          |                     | true  | true
                    -itp 80:80 img                 | --publish=80:80          |                     | true  | true
                    -p80:80 img                    | --publish=80:80          |                     | false | false
                    -p=80:80 img                   | --publish=80:80          |                     | false | false
                    -p 80:80 --publish 81:81 img   | --publish=80:80 --publish=81:81 |              | false | false
                    -P img                         | --publish-all=true       |                     | false | false
                    -tP img                        | --publish-all=true       |                     | false | true
                    --tty=false -i=0 img           |                          |                     | false | false
                    -ti=false img                  |                          |                     | false | true
                    --hostname h -h g img          | --hostname=h --hostname=g |                    | false | false
                    --dns 1.1.1.1 --add-host a:1 img | --dns=1.1.1.1 --add-host=a:1 |               | false | false
                    --sysctl net.core.somaxconn=1 img | --sysctl=net.core.somaxconn=1 |             | false | false
                    --sysctl kernel.msgmax=1 img   |                          | --sysctl=kernel.msgmax=1 | false | false
                    --net-alias a --network-alias=b img | --network-alias=a --network-alias=b |     | false | false
                    --env A=1 -e B -eC=c=d img     |                          | --env=A=1 --env=B --env=C=c=d | false | false
                    -u 1:2 -w /w -m 1g -l k=v img  |                          | --user=1:2 --workdir=/w --memory=1g --label=k=v | false | false
                    --rm --quiet --sig-proxy=false img |                      |                     | false | false
                    --privileged --init --read-only img |                     | --privileged=true --init=true --read-only=true | false | false
                    --privileged=FALSE img         |                          | --privileged=false  | false | false
                    --gpus all --frobnicate x img  |                          | --gpus=all --frobnicate=x | false | false
                    """)
    void everyFormOfAnOptionGoesWhereItBelongs(
            String line, String sandbox, String container, boolean interactive, boolean tty) throws Exception {
        RunArguments parsed = parse(line);
        assertEquals(words(sandbox), parsed.sandbox());
        assertEquals(words(container), parsed.container());
        assertEquals(interactive, parsed.facts().interactive());
        assertEquals(tty, parsed.facts().tty());
        assertEquals("img", parsed.image());
        assertEquals(List.of(), parsed.command());
    }

    @Test
    void whatFollowsTheImageIsUntouched() throws Exception {
        RunArguments parsed = parse("--name n --entrypoint /bin/e img -p 80:80 --name x -- -d");
        assertEquals("img", parsed.image());
        assertEquals(List.of("-p", "80:80", "--name", "x", "--", "-d"), parsed.command());
        assertEquals("n", parsed.facts().name());
        assertEquals("/bin/e", parsed.entrypoint());
        assertEquals(List.of(), parsed.sandbox());
        assertEquals("img", parse("-i -- img ls").image());
    }

    @Test
    void anEntrypointMayBeEmptyWhichIsNotTheImagesOwn() throws Exception {
        assertEquals("", parse("--entrypoint= img").entrypoint());
        assertNull(parse("img").entrypoint());
    }

    @Test
    void targetsOfTheUsersMountsAreKnown() throws Exception {
        RunArguments parsed = parse(
                "-v /here:/a -v name:/b/:ro -v /anonymous --tmpfs /t:size=1m"
                        + " --mount type=bind,src=/h,dst=/m --mount type=tmpfs,destination=/n/ --mount=type=tmpfs,target=/o img");
        assertEquals(Set.of("/a", "/b", "/anonymous", "/t", "/m", "/n", "/o"), parsed.mounted());
        assertEquals(7, parsed.container().size());
    }

    @Test
    void networksOfTheUserAreJoinedToo() throws Exception {
        assertEquals(
                List.of(new UserNetwork("db", "db", List.of()), new UserNetwork("cache", "cache", List.of())),
                parse("--network db --net=cache img").networks());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    --network name=db,alias=web,alias=www img | db | --alias=web --alias=www
                    --network=name=db,ip=10.5.0.9,driver-opt=a=b=c img | db | --ip=10.5.0.9 --driver-opt=a=b=c
                    --network alias=web,name=db,gw-priority=1 img | db | --alias=web --gw-priority=1
                    --network db --network-alias web img | db | --alias=web
                    --ip 10.5.0.9 --network db --ip6=fd00::9 img | db | --ip=10.5.0.9 --ip6=fd00::9
                    """)
    void optionsOfANetworkGoToItsJoining(String line, String name, String options) throws Exception {
        UserNetwork network = parse(line).networks().getFirst();
        assertEquals(name, network.name());
        assertEquals(words(options), network.options());
    }

    @ParameterizedTest
    @ValueSource(strings = {"-d", "--detach", "-itd", "--detach=true", "--detach=1", "-d=T"})
    void detachedIsFoundInEveryForm(String option) throws Exception {
        assertTrue(parse(option + " img").facts().detached());
    }

    @Test
    void keysThatLeaveTheTerminalAreForDockerStart() throws Exception {
        RunArguments parsed = parse("--detach-keys ctrl-x img");
        assertEquals("ctrl-x", parsed.facts().detachKeys());
        assertEquals(List.of(), parsed.container());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    --network host img       | --network host cannot be used
                    --net none img           | --network none cannot be used
                    --network container:x img | --network container:x cannot be used
                    --network name=host img  | --network name=host cannot be used
                    --network alias=a img    | --network alias=a names no network
                    --network name=db,mac-address=2:0:0:0:0:1 img | --network name=db,mac-address=2:0:0:0:0:1 cannot be used: a running container cannot join
                    --ip 1.2.3.4 img         | the docker run option --ip cannot be used
                    --ip6=::1 img            | the docker run option --ip6 cannot be used
                    -p                       | the docker run option -p needs a value
                    --env                    | the docker run option --env needs a value
                    --detach=perhaps img     | "perhaps" is not a valid value of the docker run option --detach
                    -t=x img                 | "x" is not a valid value of the docker run option -t
                    """)
    void whatCannotBeIsOneSentence(String line, String want) {
        FaultException e = assertThrows(FaultException.class, () -> parse(line));
        assertTrue(e.fault().text().startsWith(want), e.fault().text());
    }

    @Test
    void withoutAnImageItIsEmpty() throws Exception {
        assertEquals("", parse("-p 80:80").image());
        assertEquals("", RunArguments.parse(List.of()).image());
    }

    private static RunArguments parse(String line) throws FaultException {
        return RunArguments.parse(words(line));
    }

    private static List<String> words(String line) {
        return line == null || line.isEmpty() ? List.of() : List.of(line.split(" +"));
    }
}
