package main

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strings"
	"time"
)

// Case is a request and its expected answer.
type Case struct {
	Name      string            `json:"name"`
	Operation string            `json:"operation"`
	Token     string            `json:"token"`
	Path      map[string]string `json:"path"`
	Query     map[string]any    `json:"query"`
	Headers   map[string]string `json:"headers"`
	Body      json.RawMessage   `json:"body"`
	Status    int               `json:"status"`
	Answer    any               `json:"answer"`
	Keep      map[string]string `json:"keep"`
}

var variable = regexp.MustCompile(`\{\{(\w+)\}\}`)

// fill replaces the variables in a case.
func fill(text []byte, variables map[string]string) []byte {
	return variable.ReplaceAllFunc(text, func(found []byte) []byte {
		return []byte(variables[string(found[2:len(found)-2])])
	})
}

// keep stores members of an answer, by JSON Pointer, in variables.
func keep(pointers map[string]string, answer any, variables map[string]string) {
	for name, pointer := range pointers {
		if members, ok := answer.(map[string]any); ok {
			variables[name] = fmt.Sprint(members[strings.TrimPrefix(pointer, "/")])
		}
	}
}

// matches reports whether an answer is as expected: see ../README.md. For an absent member, present is false.
func matches(expected, got any, present bool) bool {
	switch want := expected.(type) {
	case map[string]any:
		if want["$absent"] == true {
			return !present
		}
		if kind, ok := want["$type"].(string); ok {
			return isOf(kind, got)
		}
		members, ok := got.(map[string]any)
		for name, each := range want {
			member, found := members[name]
			ok = ok && matches(each, member, found)
		}
		return ok
	case []any:
		list, ok := got.([]any)
		ok = ok && len(list) == len(want)
		for index, each := range want {
			ok = ok && matches(each, list[index], true)
		}
		return ok
	default:
		return present && (reflect.DeepEqual(expected, got) || sameMoment(expected, got))
	}
}

func isOf(kind string, got any) bool {
	switch value := got.(type) {
	case string:
		return kind == "string"
	case float64:
		return kind == "number" || (kind == "integer" && value == math.Trunc(value))
	case bool:
		return kind == "boolean"
	default:
		return false
	}
}

func sameMoment(expected, got any) bool {
	one, ok := expected.(string)
	other, fine := got.(string)
	if !ok || !fine {
		return false
	}
	first, err := time.Parse(time.RFC3339Nano, one)
	second, fault := time.Parse(time.RFC3339Nano, other)
	return err == nil && fault == nil && first.Equal(second)
}
