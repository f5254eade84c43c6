package environment

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"
)

// usual is where programs are looked for if the environment does not say.
const usual = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Run becomes the command, found by the PATH of that environment. It returns only if that fails, with the exit code that
// a shell would have: 127 there is no such command, 126 it cannot be run.
func Run(command []string, variables []string) (code int, err error) {
	if len(command) == 0 {
		return 126, errors.New("there is no command")
	}
	last := error(syscall.ENOENT)
	for _, file := range places(command[0], variables) {
		err := syscall.Exec(file, command, variables)
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
			last = err
		}
	}
	if last == error(syscall.ENOENT) {
		return 127, errors.New(command[0] + ": no such command")
	}
	return 126, errors.New(command[0] + ": " + last.Error())
}

func places(name string, variables []string) []string {
	if strings.Contains(name, "/") {
		return []string{name}
	}
	path := usual
	for _, variable := range variables {
		if strings.HasPrefix(variable, "PATH=") {
			path = variable[len("PATH="):]
		}
	}
	var all []string
	for _, folder := range strings.Split(path, ":") {
		if folder == "" {
			folder = "."
		}
		all = append(all, folder+"/"+name)
	}
	return all
}
