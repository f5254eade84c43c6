// First process of a handler's container: hold volumes|environment COMMAND… waits until the volumes are mounted, if there
// are some, and becomes what the image or the user wants to run, with the variables that Docker's files cannot say. No
// shell: one would drop variables whose names are not its own.
package main

import (
	"os"
	"os/signal"
	"syscall"
	"telepresence/launcher/environment"
	"time"
)

const (
	marker   = "/dev/.telepresence-volumes"
	patience = 30 * time.Second
	glance   = 20 * time.Millisecond
)

func main() {
	if len(os.Args) < 3 {
		end(2, "usage: hold volumes|environment COMMAND…")
	}
	if os.Args[1] == "volumes" {
		await()
	}
	variables, err := environment.Unpack(os.Environ())
	if err != nil {
		end(125, err.Error())
	}
	code, err := environment.Run(os.Args[2:], variables)
	end(code, err.Error())
}

func await() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	defer signal.Stop(signals)
	limit := time.After(patience)
	for {
		if _, err := os.Lstat(marker); err == nil {
			return
		}
		select {
		case got := <-signals:
			os.Exit(128 + int(got.(syscall.Signal)))
		case <-limit:
			end(125, "the volumes were not mounted within 30 s")
		case <-time.After(glance):
		}
	}
}

func end(code int, why string) {
	os.Stderr.WriteString("telepresence: " + why + "\n")
	os.Exit(code)
}
