package main

import (
	"errors"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// What Java is told of its keeper: the number of the socket by which it hands over ports, and the numbers of those that
// an earlier Java has handed over.
const (
	keeperVariable = "_TEL_AGENT_KEEPER"
	keptVariable   = "_TEL_AGENT_KEPT_PORTS"
)

const (
	// mostKept ports are enough for any pod; more are not kept.
	mostKept = 256
	// A Java that is killed again and again is for the kubelet to see, and to start with growing waits.
	mostRestarts  = 3
	restartWindow = 5 * time.Minute
	// outOfMemory is Java's exit code with ExitOnOutOfMemoryError.
	outOfMemory = 3
)

// keeper runs Java, and keeps the sockets on which it listens: while a Java that was killed is started again, callers wait
// instead of being refused. It is the first process of the container, so it also collects processes that nobody waits for.
type keeper struct {
	command, environment []string

	mutex  sync.Mutex
	kept   []int
	java   int
	ending bool
	starts []time.Time
}

// keep runs the program until it ends by itself or as it was asked to; the exit code is the program's.
func keep(command, environment []string) int {
	// Java is to end with this process, whose thread it is bound to.
	runtime.LockOSThread()
	k := &keeper{command: command, environment: environment}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		for got := range signals {
			k.forward(got.(syscall.Signal))
		}
	}()
	for {
		status, err := k.run()
		if err != nil {
			end(1, command[0]+": "+err.Error())
		}
		how := "killed by signal " + strconv.Itoa(int(status.Signal()))
		code := 128 + int(status.Signal())
		if !status.Signaled() {
			how, code = "out of memory", status.ExitStatus()
			if code != outOfMemory {
				return code
			}
		}
		if !k.again(time.Now()) {
			return code
		}
		os.Stderr.WriteString("telepresence: " + command[0] + " was " + how + ": starting it again\n")
	}
}

// forward passes a request to end on to Java.
func (k *keeper) forward(signal syscall.Signal) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.ending = true
	if k.java > 0 {
		syscall.Kill(k.java, signal)
	}
}

// again tells whether Java is started once more.
func (k *keeper) again(now time.Time) bool {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	recent := k.starts[:0]
	for _, start := range k.starts {
		if now.Sub(start) < restartWindow {
			recent = append(recent, start)
		}
	}
	k.starts = append(recent, now)
	return !k.ending && len(recent) < mostRestarts
}

// run starts Java and waits for its end.
func (k *keeper) run() (syscall.WaitStatus, error) {
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	pid, err := k.start(pair[1])
	syscall.Close(pair[1])
	if err != nil {
		syscall.Close(pair[0])
		return 0, err
	}
	received := make(chan bool)
	go func() {
		k.receive(pair[0])
		close(received)
	}()
	status, err := wait(pid)
	k.mutex.Lock()
	k.java = 0
	k.mutex.Unlock()
	// Children of Java's, should it have some, may hold the other end.
	syscall.Shutdown(pair[0], syscall.SHUT_RDWR)
	<-received
	syscall.Close(pair[0])
	return status, err
}

func (k *keeper) start(other int) (int, error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	files := []uintptr{0, 1, 2, uintptr(other)}
	var numbers []string
	for _, socket := range k.kept {
		numbers = append(numbers, strconv.Itoa(len(files)))
		files = append(files, uintptr(socket))
	}
	variables := append([]string{}, k.environment...)
	variables = append(variables, keeperVariable+"=3", keptVariable+"="+strings.Join(numbers, ","))
	// Not os.StartProcess: its files would be made blocking, Java's sockets with them.
	pid, err := syscall.ForkExec(k.command[0], k.command, &syscall.ProcAttr{
		Env:   variables,
		Files: files,
		Sys:   &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL},
	})
	if err == nil {
		k.java = pid
		if k.ending {
			syscall.Kill(pid, syscall.SIGTERM)
		}
	}
	return pid, err
}

// receive takes the sockets that Java hands over, until it ends.
func (k *keeper) receive(from int) {
	buffer := make([]byte, 16)
	rights := make([]byte, syscall.CmsgSpace(16*4))
	for {
		n, length, _, _, err := syscall.Recvmsg(from, buffer, rights, syscall.MSG_CMSG_CLOEXEC)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil || n == 0 && length == 0 {
			return
		}
		messages, err := syscall.ParseSocketControlMessage(rights[:length])
		if err != nil {
			continue
		}
		for i := range messages {
			sockets, err := syscall.ParseUnixRights(&messages[i])
			if err == nil {
				k.add(sockets)
			}
		}
	}
}

func (k *keeper) add(sockets []int) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	for _, socket := range sockets {
		if len(k.kept) < mostKept {
			k.kept = append(k.kept, socket)
		} else {
			syscall.Close(socket)
		}
	}
}

// wait returns how that child has ended.
func wait(pid int) (syscall.WaitStatus, error) {
	for {
		var status syscall.WaitStatus
		ended, err := syscall.Wait4(-1, &status, 0, nil)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil || ended == pid {
			return status, err
		}
	}
}
