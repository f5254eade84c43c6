package environment

import (
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func packed(variables ...string) []string {
	text := base64.StdEncoding.EncodeToString([]byte(strings.Join(variables, "\x00") + "\x00"))
	return []string{piece + "1=" + text[len(text)/2:], piece + "0=" + text[:len(text)/2]}
}

func TestAnyNameAndAnyBytesGetThrough(t *testing.T) {
	odd := []string{"a.b=1", "log-level=debug", "#x=y", "two words=1", "LINES=one\ntwo\r\n", "BYTES=\xff\xfe=", "E=", "U=é€"}
	got, err := Unpack(append([]string{"PATH=/bin"}, packed(odd...)...))
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Join(append([]string{"PATH=/bin"}, odd...), "|"); strings.Join(got, "|") != want {
		t.Fatalf("%q", got)
	}
}

func TestWhatTheUserGivesStays(t *testing.T) {
	got, _ := Unpack(append([]string{"A=user", "B=" + Mark}, packed("A=pod", "B=pod")...))
	if strings.Join(got, "|") != "A=user|B=pod" {
		t.Fatalf("%q", got)
	}
}

func TestNothingCarriedChangesNothing(t *testing.T) {
	got, err := Unpack([]string{"A=1", "odd.name=2"})
	if err != nil || strings.Join(got, "|") != "A=1|odd.name=2" {
		t.Fatalf("%q %v", got, err)
	}
}

func TestHalfAnEnvironmentIsRefused(t *testing.T) {
	if _, err := Unpack([]string{piece + "0=QQ=Q"}); err == nil {
		t.Fatal("taken")
	}
}

// The command is found as a shell finds it, and gets the variables byte for byte. The test runs itself to be replaced.
func TestTheCommandHasTheVariables(t *testing.T) {
	if folder := os.Getenv("RUN_IN"); folder != "" {
		_, err := Run([]string{"look"}, []string{"PATH=/nowhere:" + folder, "a.b=1", "X=\xff\n"})
		panic(err)
	}
	folder := t.TempDir()
	env, err := exec.LookPath("env")
	if err != nil {
		t.Skip("no env here")
	}
	if err := os.Symlink(env, filepath.Join(folder, "look")); err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0], "-test.run", "TestTheCommandHasTheVariables")
	child.Env = []string{"RUN_IN=" + folder}
	out, err := child.CombinedOutput()
	if err != nil || !strings.HasSuffix(string(out), "a.b=1\nX=\xff\n\n") {
		t.Fatalf("%q %v", out, err)
	}
}

func TestWhatCannotBeRunHasTheShellsCode(t *testing.T) {
	folder := t.TempDir()
	os.WriteFile(filepath.Join(folder, "plain"), []byte("x"), 0o644)
	for name, want := range map[string]int{"none": 127, "plain": 126, folder + "/none": 127, folder + "/plain": 126} {
		if code, _ := Run([]string{name}, []string{"PATH=" + folder}); code != want {
			t.Errorf("%s: %d", name, code)
		}
	}
}
