package main

import (
	"os"
	"os/signal"
	"strconv"
	"syscall"
)

// detach starts a daemon in a session of its own, with no terminal and no file of the caller's; the output goes to log.
// Prints the process id.
func detach(command, variables []string, log string) {
	// sudo's terminal may hang up before the daemon has left it.
	signal.Ignore(syscall.SIGHUP)
	if err := os.MkdirAll(parent(log), 0o777); err != nil {
		end(1, err.Error())
	}
	null, err := os.Open("/dev/null")
	if err != nil {
		end(1, err.Error())
	}
	out, err := os.OpenFile(log, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		end(1, err.Error())
	}
	closeOthers()
	process, err := os.StartProcess(command[0], command, &os.ProcAttr{
		Dir:   "/",
		Env:   variables,
		Files: []*os.File{null, out, out},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		end(1, command[0]+": "+err.Error())
	}
	os.Stdout.WriteString(strconv.Itoa(process.Pid) + "\n")
	os.Exit(0)
}

// closeOthers marks all open files so that the daemon does not get them.
func closeOthers() {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return
	}
	for _, entry := range entries {
		if number, err := strconv.Atoi(entry.Name()); err == nil && number > 2 {
			syscall.CloseOnExec(number)
		}
	}
}
