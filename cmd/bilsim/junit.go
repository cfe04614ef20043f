package main

import (
	"encoding/xml"
	"fmt"
	"os"
	"strings"
	"time"
)

// junitSuites is a JUnit report: what the programs that show tests agree on.
type junitSuites struct {
	XMLName xml.Name   `xml:"testsuites"`
	Suite   junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Time     string      `xml:"time,attr"` // in seconds
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string      `xml:"classname,attr"`
	Name    string      `xml:"name,attr"`
	File    string      `xml:"file,attr,omitempty"`
	Time    string      `xml:"time,attr"`
	Failure *junitWrong `xml:"failure"`
	Error   *junitWrong `xml:"error"`
}

type junitWrong struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",cdata"`
}

// junitOf makes a test case of a finding.
func junitOf(command string, f *finding) junitCase {
	c := junitCase{Class: "bilsim." + command, Name: f.name, File: f.file, Time: junitTime(f.took)}
	switch {
	case f.err != nil:
		c.Error = &junitWrong{Message: clean(f.err.Error()), Type: "unreadable"}
	case f.violated():
		v := f.result.Violation
		c.Failure = &junitWrong{Message: clean(v.Error()), Type: v.Property.ID, Text: clean(v.Property.Claim + "\n" + f.replay)}
		if f.diagnosis != nil {
			c.Failure.Text = clean(f.diagnosis.Explanation.String())
		}
	case f.lack != "":
		c.Failure = &junitWrong{Message: clean(f.lack), Type: "vacuous"}
	}
	return c
}

func junitTime(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

// clean leaves out what can't be in XML: names of peers may have any byte.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' {
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// writeJUnit writes the report of a suite that took so long.
func writeJUnit(file, suite string, took time.Duration, cases []junitCase) error {
	s := junitSuite{Name: suite, Tests: len(cases), Time: junitTime(took), Cases: cases}
	for _, c := range cases {
		if c.Failure != nil {
			s.Failures++
		}
		if c.Error != nil {
			s.Errors++
		}
	}
	text, err := xml.MarshalIndent(junitSuites{Suite: s}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append([]byte(xml.Header), append(text, '\n')...), 0o644)
}
