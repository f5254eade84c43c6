// Package environment carries variables of any name and any bytes where only ordinary ones get through: as text in
// variables _TEL_ENVIRONMENT_0, _TEL_ENVIRONMENT_1 and so on. Each of them has a piece of the base64 of
// NAME=VALUE NUL NAME=VALUE NUL …
package environment

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
)

const piece = "_TEL_ENVIRONMENT_"

// Mark stands as value of a variable where its own value cannot be said; Unpack puts it in place.
const Mark = "(set by telepresence when the program starts)"

// Unpack returns the environment with the carried variables, and without what carried them. A variable that is there
// already stays as it is, unless its value is the mark: it is whoever runs the program who gave it.
func Unpack(given []string) ([]string, error) {
	var result []string
	pieces := map[string]string{}
	for _, variable := range given {
		if strings.HasPrefix(variable, piece) {
			name, value, _ := strings.Cut(variable, "=")
			pieces[name] = value
		} else {
			result = append(result, variable)
		}
	}
	var text strings.Builder
	for i := 0; i < len(pieces); i++ {
		text.WriteString(pieces[piece+strconv.Itoa(i)])
	}
	carried, err := base64.StdEncoding.DecodeString(text.String())
	if err != nil {
		return nil, errors.New("the environment is not whole")
	}
	for _, variable := range strings.Split(string(carried), "\x00") {
		if strings.Contains(variable, "=") {
			result = put(result, variable)
		}
	}
	return result, nil
}

func put(environment []string, variable string) []string {
	name, _, _ := strings.Cut(variable, "=")
	for i, other := range environment {
		if strings.HasPrefix(other, name+"=") {
			if other == name+"="+Mark {
				environment[i] = variable
			}
			return environment
		}
	}
	return append(environment, variable)
}
