package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What the stand-in for Java does; the test's own program is it.
const role = "KEEP_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "":
		os.Exit(m.Run())
	case "killed-once":
		killedOnce()
	case "always-killed":
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	case "out-of-memory":
		os.Exit(outOfMemory)
	case "ends":
		os.Exit(42)
	}
}

// killedOnce listens, hands the socket over, tells its port, and is killed; the second time it answers one caller.
func killedOnce() {
	if kept := os.Getenv(keptVariable); kept != "" {
		number, _ := strconv.Atoi(kept)
		listener, err := net.FileListener(os.NewFile(uintptr(number), "kept"))
		if err != nil {
			os.Exit(50)
		}
		connection, err := listener.Accept()
		if err != nil {
			os.Exit(51)
		}
		io.WriteString(connection, "again")
		connection.Close()
		os.Exit(7)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		os.Exit(52)
	}
	file, _ := listener.(*net.TCPListener).File()
	keeper, _ := strconv.Atoi(os.Getenv(keeperVariable))
	if err := syscall.Sendmsg(keeper, []byte{1}, syscall.UnixRights(int(file.Fd())), nil, 0); err != nil {
		os.Exit(53)
	}
	fmt.Println(listener.Addr())
	io.Copy(io.Discard, os.Stdin)
	syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

func playing(part string) *keeper {
	return &keeper{command: []string{"/proc/self/exe"}, environment: []string{role + "=" + part}}
}

func code(k *keeper) int {
	done := make(chan int)
	go func() { done <- keep(k.command, k.environment) }()
	select {
	case code := <-done:
		return code
	case <-time.After(10 * time.Second):
		return -1
	}
}

func TestACallerWaitsWhileJavaIsStartedAgain(t *testing.T) {
	readOut, out, _ := os.Pipe()
	in, writeIn, _ := os.Pipe()
	oldOut, _ := syscall.Dup(1)
	oldIn, _ := syscall.Dup(0)
	syscall.Dup2(int(out.Fd()), 1)
	syscall.Dup2(int(in.Fd()), 0)
	restore := func() {
		syscall.Dup2(oldOut, 1)
		syscall.Dup2(oldIn, 0)
	}
	k := playing("killed-once")
	done := make(chan int, 1)
	go func() { done <- keep(k.command, k.environment) }()
	buffer := make([]byte, 64)
	n, err := readOut.Read(buffer)
	restore()
	if err != nil {
		t.Fatal(err)
	}
	address := strings.TrimSpace(string(buffer[:n]))
	in.Close()
	writeIn.Close()
	connection, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		t.Fatal("refused: ", err)
	}
	connection.SetDeadline(time.Now().Add(10 * time.Second))
	said, err := io.ReadAll(connection)
	if string(said) != "again" || err != nil {
		t.Errorf("%q %v", said, err)
	}
	if code := <-done; code != 7 {
		t.Error("exit code ", code)
	}
}

func TestJavaThatEndsByItselfIsNotStartedAgain(t *testing.T) {
	if got := code(playing("ends")); got != 42 {
		t.Error(got)
	}
}

func TestTheKubeletSeesAJavaThatIsKilledAgainAndAgain(t *testing.T) {
	if got := code(playing("always-killed")); got != 137 {
		t.Error(got)
	}
	if got := code(playing("out-of-memory")); got != outOfMemory {
		t.Error(got)
	}
}

func TestRestartsAreBoundedInATime(t *testing.T) {
	k := &keeper{}
	now := time.Now()
	var got []bool
	for i := 0; i < 5; i++ {
		got = append(got, k.again(now.Add(time.Duration(i)*time.Second)))
	}
	if fmt.Sprint(got) != "[true true true false false]" {
		t.Error(got)
	}
	if !k.again(now.Add(restartWindow + time.Minute)) {
		t.Error("not later either")
	}
	k.ending = true
	if k.again(now.Add(2 * restartWindow)) {
		t.Error("though it was asked to end")
	}
}
