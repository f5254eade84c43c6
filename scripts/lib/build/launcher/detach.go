package main

import (
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
)

const (
	rootLogs = "/var/log/telepresence"
	startLog = "daemon-start.log"
)

// untrusted tells whether somebody else than root has this run as root.
func untrusted(given []string) bool {
	uid := value(given, "SUDO_UID")
	return uid != "" && uid != "0"
}

// ofSudo is what sudo itself says, and a PATH.
func ofSudo(given []string) []string {
	var all []string
	for _, variable := range given {
		if strings.HasPrefix(variable, "SUDO_UID=") || strings.HasPrefix(variable, "SUDO_GID=") ||
			strings.HasPrefix(variable, "SUDO_USER=") {
			all = append(all, variable)
		}
	}
	return append(all, "PATH=/usr/sbin:/usr/bin:/sbin:/bin")
}

// detach starts a daemon in a session of its own, with no terminal and no file of the caller's. The output goes to the
// file that is the first argument, the root daemon's to its own. Prints the process id.
func (p *program) detach(home string, arguments, given []string) {
	var out *os.File
	var err error
	switch {
	case p.root:
		out, err = openRootLog(rootLogs)
	case len(arguments) > 0:
		out, err = openLog(arguments[0])
		arguments = arguments[1:]
	default:
		end(2, "--detach needs a file")
	}
	if err != nil {
		end(1, err.Error())
	}
	null, err := os.Open("/dev/null")
	if err != nil {
		end(1, err.Error())
	}
	// sudo's terminal may hang up before the daemon has left it.
	signal.Ignore(syscall.SIGHUP)
	closeOthers()
	command := p.command(home, arguments, given)
	process, err := os.StartProcess(command[0], command, &os.ProcAttr{
		Dir:   "/",
		Env:   p.environment(given),
		Files: []*os.File{null, out, out},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		end(1, command[0]+": "+err.Error())
	}
	os.Stdout.WriteString(strconv.Itoa(process.Pid) + "\n")
	os.Exit(0)
}

func openLog(file string) (*os.File, error) {
	if err := os.MkdirAll(parent(file), 0o777); err != nil {
		return nil, err
	}
	return os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
}

// openRootLog makes the file anew in a directory that is root's alone.
func openRootLog(folder string) (*os.File, error) {
	syscall.Umask(0o022)
	refused := func(err error) (*os.File, error) {
		return nil, &os.PathError{Op: "use", Path: folder, Err: err}
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return refused(err)
	}
	directory, err := syscall.Open(folder, syscall.O_DIRECTORY|syscall.O_NOFOLLOW|syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return refused(err)
	}
	var status syscall.Stat_t
	if err := syscall.Fstat(directory, &status); err != nil {
		return refused(err)
	}
	if status.Uid != 0 {
		return refused(syscall.EPERM)
	}
	if err := syscall.Fchmod(directory, status.Mode&0o7777&^0o022); err != nil {
		return refused(err)
	}
	if err := syscall.Unlinkat(directory, startLog); err != nil && err != syscall.ENOENT {
		return refused(err)
	}
	flags := syscall.O_WRONLY | syscall.O_CREAT | syscall.O_EXCL | syscall.O_NOFOLLOW | syscall.O_CLOEXEC
	file, err := syscall.Openat(directory, startLog, flags, 0o644)
	if err != nil {
		return refused(err)
	}
	return os.NewFile(uintptr(file), startLog), nil
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
