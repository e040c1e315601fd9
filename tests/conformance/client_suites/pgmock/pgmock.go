// Package pgmock is as much of a server by script as the tests of pgconn ask for; Debian does not have the original.
package pgmock

import (
	"fmt"
	"reflect"

	"github.com/jackc/pgproto3/v2"
)

type Step interface {
	Step(*pgproto3.Backend) error
}

type Script struct {
	Steps []Step
}

func (s *Script) Run(backend *pgproto3.Backend) error {
	for _, step := range s.Steps {
		if err := step.Step(backend); err != nil {
			return err
		}
	}
	return nil
}

type expectation struct {
	kind reflect.Type
}

func (e expectation) Step(backend *pgproto3.Backend) error {
	var message pgproto3.FrontendMessage
	var err error
	if e.kind == reflect.TypeOf(&pgproto3.StartupMessage{}) {
		message, err = backend.ReceiveStartupMessage()
	} else {
		message, err = backend.Receive()
	}
	if err == nil && reflect.TypeOf(message) != e.kind {
		err = fmt.Errorf("%v instead of %v", reflect.TypeOf(message), e.kind)
	}
	return err
}

func ExpectAnyMessage(like pgproto3.FrontendMessage) Step {
	return expectation{reflect.TypeOf(like)}
}

type reply struct {
	message pgproto3.BackendMessage
}

func (r reply) Step(backend *pgproto3.Backend) error {
	return backend.Send(r.message)
}

func SendMessage(message pgproto3.BackendMessage) Step {
	return reply{message}
}

func AcceptUnauthenticatedConnRequestSteps() []Step {
	return []Step{
		ExpectAnyMessage(&pgproto3.StartupMessage{}),
		SendMessage(&pgproto3.AuthenticationOk{}),
		SendMessage(&pgproto3.BackendKeyData{}),
		SendMessage(&pgproto3.ReadyForQuery{TxStatus: 'I'}),
	}
}
