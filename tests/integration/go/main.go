// PROGRAM NAME | --list: one scenario of a driver as it comes; the server is named by the PG* environment.
package main

import (
	"fmt"
	"os"
	"reflect"
)

func main() {
	name := ""
	if len(os.Args) > 1 {
		name = os.Args[1]
	}
	if name == "--list" {
		for name := range scenarios {
			fmt.Println(name)
		}
		return
	}
	scenario, known := scenarios[name]
	if !known {
		panic("no such scenario: " + name)
	}
	scenario()
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func same(got, wanted interface{}) {
	if !reflect.DeepEqual(got, wanted) {
		panic(fmt.Sprintf("got %#v, wanted %#v", got, wanted))
	}
}
