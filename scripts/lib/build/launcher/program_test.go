package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const conf = `program userd
daemon
class a.UserDaemon
cache aot/userd.aot
option -Xmx9m
more MORE
jar a.jar
jar b.jar
program *
class a.Cli
jar a.jar
set LC_CTYPE=C.UTF-8
`

func chosen(t *testing.T, arguments ...string) *program {
	t.Helper()
	p, err := choose(conf, arguments)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTheFirstArgumentChooses(t *testing.T) {
	for first, class := range map[string]string{"userd": "a.UserDaemon", "status": "a.Cli", "": "a.Cli", "*x": "a.Cli"} {
		if got := chosen(t, first); got.class != class {
			t.Errorf("%q: %s", first, got.class)
		}
	}
	if _, err := choose("program agent\nprogram agent-init\n", nil); err == nil || err.Error() != "usage: run agent|agent-init" {
		t.Error(err)
	}
}

func TestAFolderOfAnyNameIsOneWord(t *testing.T) {
	home := filepath.Join(t.TempDir(), "my \"tools\" $(x)\n'é*")
	os.MkdirAll(home+"/aot", 0o755)
	os.WriteFile(home+"/aot/userd.aot", nil, 0o644)
	got := chosen(t, "userd").command(home, []string{"--x", "a b"}, []string{"MORE= -Da=1  -Db=2 ", "REHEARSE=-Dno"})
	want := []string{
		home + "/runtime/bin/java", "-XX:AOTCache=" + home + "/aot/userd.aot", "-Xlog:aot=off", "-Xlog:cds=off",
		"-Xmx9m", "-Da=1", "-Db=2", "-Dtelepresence.home=" + home, "-cp", home + "/lib/a.jar:" + home + "/lib/b.jar",
		"a.UserDaemon", "--x", "a b",
	}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Fatalf("%q", got)
	}
}

func TestTheEnvironmentStaysButForWhatIsSet(t *testing.T) {
	got := chosen(t, "").environment([]string{"a.b=1", "LC_CTYPE=C", "X=\xff\n", "odd"})
	if strings.Join(got, "|") != "a.b=1|X=\xff\n|odd|LC_CTYPE=C.UTF-8" {
		t.Fatalf("%q", got)
	}
}

func TestJavaHasALocaleThatKnowsAllLetters(t *testing.T) {
	for locale, want := range map[string]string{
		"LC_ALL=C":              "_TEL_LC_ALL=C|LC_ALL=C.UTF-8",
		"LC_ALL=":               "_TEL_LC_ALL=|LC_ALL=C.UTF-8",
		"LANG=de_DE.UTF-8":      "LANG=de_DE.UTF-8",
		"LC_ALL=en_GB.utf8":     "LC_ALL=en_GB.utf8",
		"LC_CTYPE=de_DE.latin1": "LC_CTYPE=de_DE.latin1|_TEL_LC_ALL=|LC_ALL=C.UTF-8",
	} {
		if got := strings.Join((&program{}).environment([]string{locale}), "|"); got != want {
			t.Errorf("%s: %s", locale, got)
		}
	}
}

func TestWhoComesThroughSudoBringsNothing(t *testing.T) {
	given := []string{"SUDO_UID=1000", "SUDO_USER=ann", "PATH=/evil", "JAVA_TOOL_OPTIONS=-Devil", "LD_PRELOAD=evil", "MORE=-Devil"}
	if !untrusted(given) || untrusted([]string{"SUDO_UID=0"}) || untrusted(nil) {
		t.Error("who is root?")
	}
	if got := strings.Join(ofSudo(given), "|"); got != "SUDO_UID=1000|SUDO_USER=ann|PATH=/usr/sbin:/usr/bin:/sbin:/bin" {
		t.Error(got)
	}
}

// The shares are those of the images; what they leave is for the rest of the process, and little is wasted.
func TestHeapAndDirectMemoryFollowTheLimit(t *testing.T) {
	text, err := os.ReadFile("../image.bash")
	if err != nil {
		t.Fatal(err)
	}
	all := regexp.MustCompile(`memory="([0-9 ]+)"`).FindAllStringSubmatch(string(text), -1)
	if len(all) != 2 {
		t.Fatal("two images have shares of memory, found ", len(all))
	}
	for _, shares := range all {
		p := &program{}
		p.read("memory", shares[1])
		for _, limit := range []int{p.memory[0], 1024, 4096} {
			bounds := p.bounds(of(t, strconv.Itoa(limit<<20)))
			heap, _ := strconv.Atoi(strings.Trim(bounds[0], "-Xmx"))
			direct, _ := strconv.Atoi(strings.TrimSuffix(strings.SplitN(bounds[1], "=", 2)[1], "m"))
			if sum := heap + direct; sum+p.memory[1] > limit || sum <= (limit-p.memory[1])*9/10 {
				t.Errorf("%s: %d of %d", shares[1], sum, limit)
			}
		}
		if got := p.bounds(of(t, "max")); got[0] != p.bounds(p.memory[0])[0] {
			t.Error(got)
		}
	}
}

func of(t *testing.T, written string) int {
	groups := t.TempDir()
	os.WriteFile(groups+"/memory.max", []byte(written+"\n"), 0o644)
	return limit(groups)
}
