package main

import (
	"errors"
	"os"
	"strconv"
	"strings"
)

// program is one section of launch.conf.
type program struct {
	// daemon: the first argument is the program's name, and not for Java; --detach is understood.
	daemon bool
	// root: a daemon that users may start as root.
	root bool
	// keep: the launcher stays, and keeps the ports while Java is started again.
	keep    bool
	class   string
	cache   string
	options []string
	jars    []string
	// more names a variable with options of the user's.
	more string
	// memory: limit without a container's, rest beside heap and direct memory, and the two's shares of what is left in
	// percent; sizes in MiB.
	memory []int
	// set are variables for Java.
	set []string
}

// choose finds the section for the arguments: the one with the name of the first, else the one named "*". A line is a
// word and its value; "program NAME" begins a section.
func choose(text string, arguments []string) (*program, error) {
	name := ""
	if len(arguments) > 0 {
		name = arguments[0]
	}
	var named, other, reading *program
	var known []string
	for _, line := range strings.Split(text, "\n") {
		word, value, _ := strings.Cut(line, " ")
		if word == "program" {
			reading = &program{}
			known = append(known, value)
			switch value {
			case name:
				named = reading
			case "*":
				other = reading
			}
		} else if reading != nil {
			if err := reading.read(word, value); err != nil {
				return nil, err
			}
		}
	}
	if named == nil {
		named = other
	}
	if named == nil {
		return nil, errors.New("usage: run " + strings.Join(known, "|"))
	}
	return named, nil
}

func (p *program) read(word, value string) error {
	switch word {
	case "":
	case "class":
		p.class = value
	case "cache":
		p.cache = value
	case "option":
		p.options = append(p.options, value)
	case "jar":
		p.jars = append(p.jars, value)
	case "more":
		p.more = value
	case "set":
		p.set = append(p.set, value)
	case "daemon":
		p.daemon = true
	case "root":
		p.root = true
	case "keep":
		p.keep = true
	case "memory":
		for _, number := range strings.Fields(value) {
			n, err := strconv.Atoi(number)
			if err != nil {
				return err
			}
			p.memory = append(p.memory, n)
		}
	default:
		return errors.New("launch.conf: unknown word " + word)
	}
	return nil
}

// command is what runs the program; given is the environment that its options may come from.
func (p *program) command(home string, arguments, given []string) []string {
	command := []string{home + "/runtime/bin/java"}
	if rehearsal := value(given, "REHEARSE"); rehearsal != "" && p.memory != nil {
		command = append(command, rehearsal)
	} else if _, err := os.Stat(home + "/" + p.cache); p.cache != "" && err == nil {
		command = append(command, "-XX:AOTCache="+home+"/"+p.cache, "-Xlog:aot=off", "-Xlog:cds=off")
	}
	command = append(command, p.options...)
	if p.more != "" {
		command = append(command, strings.Fields(value(given, p.more))...)
	}
	if len(p.memory) == 4 {
		command = append(command, p.bounds(limit("/sys/fs/cgroup"))...)
	}
	command = append(command, "-Dtelepresence.home="+home, "-cp", p.classPath(home), p.class)
	return append(command, arguments...)
}

func (p *program) classPath(home string) string {
	var path strings.Builder
	for i, jar := range p.jars {
		if i > 0 {
			path.WriteByte(':')
		}
		path.WriteString(home + "/lib/" + jar)
	}
	return path.String()
}

// before keeps what LC_ALL was before it was set for Java; commands that Java starts for the user get it back.
const before = "_TEL_LC_ALL"

// environment is what is given, and what is set. Java knows arguments, variables and names of files, that of its own folder
// too, by the locale's letters; to others of the cluster's commands they are bytes, so here they are UTF-8 always.
func (p *program) environment(given []string) []string {
	set := p.set
	if !utf8(set) && !utf8(given) {
		set = append([]string{before + "=" + value(given, "LC_ALL"), "LC_ALL=C.UTF-8"}, set...)
	}
	var all []string
	for _, variable := range given {
		name, _, _ := strings.Cut(variable, "=")
		if !sets(set, name) {
			all = append(all, variable)
		}
	}
	return append(all, set...)
}

func sets(set []string, name string) bool {
	for _, variable := range set {
		if strings.HasPrefix(variable, name+"=") {
			return true
		}
	}
	return false
}

// utf8 tells whether the locale's letters are UTF-8: the first that is set of three variables says so.
func utf8(variables []string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale := strings.ToLower(value(variables, name)); locale != "" {
			return strings.Contains(locale, "utf-8") || strings.Contains(locale, "utf8")
		}
	}
	return false
}

func value(variables []string, name string) string {
	for _, variable := range variables {
		if strings.HasPrefix(variable, name+"=") {
			return variable[len(name)+1:]
		}
	}
	return ""
}

// bounds: heap and direct memory are shares of what the container's limit leaves beside the rest of the process (classes,
// code, stacks).
func (p *program) bounds(mebibytes int) []string {
	if mebibytes < 1 || mebibytes > 65536 {
		mebibytes = p.memory[0]
	}
	left := mebibytes - p.memory[1]
	if left < 48 {
		left = 48
	}
	return []string{
		"-Xmx" + strconv.Itoa(left*p.memory[2]/100) + "m",
		"-XX:MaxDirectMemorySize=" + strconv.Itoa(left*p.memory[3]/100) + "m",
	}
}

// limit is the memory of the container with these control groups, in MiB; 0: it has none.
func limit(groups string) int {
	for _, file := range []string{"/memory.max", "/memory/memory.limit_in_bytes"} {
		if text, err := os.ReadFile(groups + file); err == nil {
			bytes, _ := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
			return int(bytes >> 20)
		}
	}
	return 0
}
