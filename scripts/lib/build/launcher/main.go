// Starts a program of Telepresence's on the Java runtime beside it: the command line, a daemon, or what a container runs.
// Which there are, and with which options, is in lib/launch.conf of the directory above this file's; it works wherever that
// lies. No shell, which would drop variables whose names are not its own, and split paths at blanks.
//
// What any launcher must hold, because a rule of sudoers may let a user who is not root run "telepresence rootd --detach"
// as root without a password (docs/security.md, LauncherTest, SudoIT):
//   - No file is opened, made or removed whose path comes from the arguments or the environment. The output of "rootd
//     --detach" goes to /var/log/telepresence/daemon-start.log: the directory is no link, is root's and is closed to the
//     writing of others before anything in it is touched, the old file is removed, and the new one made with O_EXCL.
//   - With SUDO_UID set, and not 0, nothing of the environment reaches the root daemon's java but what sudo itself set.
//   - All arguments after "--detach" are handed to the daemon, which judges them itself (Options, RootDirectory).
package main

import (
	"os"
	"strings"
	"syscall"
	"telepresence/launcher/environment"
)

func main() {
	executable, err := os.Readlink("/proc/self/exe")
	if err != nil {
		end(1, "/proc is not mounted: "+err.Error())
	}
	home := parent(parent(executable))
	if len(os.Args) > 1 && os.Args[1] == "__exec" {
		become(os.Args[2:])
	}
	text, err := os.ReadFile(home + "/lib/launch.conf")
	if err != nil {
		end(1, "the installation is not whole: "+err.Error())
	}
	program, err := choose(string(text), os.Args[1:])
	if err != nil {
		end(2, err.Error())
	}
	if strings.Contains(home, ":") {
		end(1, "Java cannot run from a folder with a colon in its name: "+home)
	}
	given := os.Environ()
	if program.root && untrusted(given) {
		given = ofSudo(given)
	}
	arguments := os.Args[1:]
	if program.daemon {
		arguments = arguments[1:]
		if len(arguments) > 0 && arguments[0] == "--detach" {
			program.detach(home, arguments[1:], given)
		}
	}
	command := program.command(home, arguments, given)
	if program.keep {
		os.Exit(keep(command, program.environment(given)))
	}
	err = syscall.Exec(command[0], command, program.environment(given))
	end(1, command[0]+": "+err.Error())
}

// become runs a command with the variables that are packed in the environment.
func become(command []string) {
	variables, err := environment.Unpack(os.Environ())
	if err != nil {
		end(125, err.Error())
	}
	code, err := environment.Run(command, variables)
	end(code, err.Error())
}

func parent(path string) string {
	slash := strings.LastIndexByte(path, '/')
	if slash <= 0 {
		return ""
	}
	return path[:slash]
}

func end(code int, why string) {
	os.Stderr.WriteString("telepresence: " + why + "\n")
	os.Exit(code)
}
