package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/config"
	"github.com/labelgate/labelgate/pkg/delivery"
	"github.com/labelgate/labelgate/pkg/gateway"
	"github.com/labelgate/labelgate/pkg/transport"
)

// previewKey stands for the delivery key, which only an accepted event has.
const previewKey = "00000000000000000000000000000000"

// previewed is what a preview shows.
type previewed struct {
	Route   string            `json:"route"`
	Calls   []previewedCall   `json:"calls"`
	Refused []adapter.Refusal `json:"refused"`
	Notes   []adapter.Note    `json:"notes,omitempty"`
	// More says that later calls depend on the vendor's answers.
	More bool `json:"more"`
}

type previewedCall struct {
	Step   string            `json:"step"`
	Items  int               `json:"items"`
	Method string            `json:"method"`
	URL    string            `json:"url"`
	Header map[string]string `json:"header"`
	// Body is the body: a JSON value as it is, anything else (an upload) as a JSON text.
	Body json.RawMessage `json:"body,omitempty"`
}

// text is the body as it is sent.
func (c previewedCall) text() string {
	var text string
	if json.Unmarshal(c.Body, &text) != nil {
		return string(c.Body)
	}
	return text
}

func newPreviewCommand(g *globals) *cobra.Command {
	var route string
	cmd := &cobra.Command{
		Use:     "preview --route ROUTE EVENT",
		Short:   "Show the exact calls an event would make, with nothing sent",
		Long:    "Plans a saved event (a file, - for standard input) and shows the calls, with secrets masked. Nothing is sent or stored.",
		Example: "  labelgate preview -c configs/aquarium-rest.yaml --route relabel examples/events/frames.json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, reg, err := g.load(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			payload, err := readEvent(args[0], cmd.InOrStdin())
			if err != nil {
				return err
			}
			shown, err := preview(c, reg, route, payload)
			if err != nil {
				return err
			}
			return g.print(cmd.OutOrStdout(), shown, shown.text)
		},
	}
	cmd.Flags().StringVarP(&route, "route", "r", "", "route to plan with (default: the only one)")
	return cmd
}

func readEvent(name string, stdin io.Reader) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(stdin)
	}
	return os.ReadFile(name)
}

// findRoute returns the route of that name; without a name, the only one.
func findRoute(c *config.Config, name string) (config.Route, error) {
	names := make([]string, 0, len(c.Routes))
	for _, r := range c.Routes {
		if r.Name == name || name == "" && len(c.Routes) == 1 {
			return r, nil
		}
		names = append(names, r.Name)
	}
	if name == "" {
		return config.Route{}, &exitError{exitUsage, fmt.Errorf("--route: say which of %s", strings.Join(names, ", "))}
	}
	return config.Route{}, fmt.Errorf("route %q: not in the config; there are %s", name, strings.Join(names, ", "))
}

func preview(c *config.Config, reg *adapter.Registry, name string, payload []byte) (*previewed, error) {
	route, err := findRoute(c, name)
	if err != nil {
		return nil, err
	}
	caller, err := gateway.Caller(c.Destinations[route.Destination], reg, version)
	if err != nil {
		return nil, err
	}
	src := gateway.SourceOf(c.Sources[route.Source].Type)
	event, err := src.Scan(bytes.NewReader(payload), func(string) bool { return true })
	if err != nil {
		return nil, err
	}
	shown := &previewed{Route: route.Name, Calls: []previewedCall{}, Refused: []adapter.Refusal{}}
	plan := delivery.Preview{
		Key:    previewKey,
		OnStep: func(s adapter.Step) error { return shown.add(caller, s) },
		OnRefusal: func(r adapter.Refusal) error {
			shown.Refused = append(shown.Refused, r)
			return nil
		},
		OnNote: func(n adapter.Note) error {
			shown.Notes = append(shown.Notes, n)
			return nil
		},
	}
	shown.More, err = plan.Run(delivery.Route{Name: route.Name, Adapter: route.Adapter, Source: src}, event, payload)
	return shown, err
}

func (p *previewed) add(caller *transport.Client, step adapter.Step) error {
	req, err := caller.Describe(step.Call)
	if err != nil {
		return err
	}
	call := previewedCall{Step: step.ID, Items: len(step.Items), Method: req.Method, URL: req.URL, Header: map[string]string{}}
	for _, h := range req.Header {
		call.Header[h.Name] = h.Value
	}
	if req.Body != nil {
		if call.Body, err = readBody(req.Body); err != nil {
			return err
		}
	}
	p.Calls = append(p.Calls, call)
	return nil
}

func readBody(r io.Reader) (json.RawMessage, error) {
	body, err := io.ReadAll(r)
	if err != nil || json.Valid(body) {
		return body, err
	}
	return json.Marshal(string(body))
}

// text writes the calls as they would go over the wire, bodies indented.
func (p *previewed) text(w io.Writer) {
	for i, call := range p.Calls {
		fmt.Fprintf(w, "# call %d of %d: step %s, %d items\n%s %s\n", i+1, len(p.Calls), call.Step, call.Items, call.Method, call.URL)
		for _, name := range sortedKeys(call.Header) {
			fmt.Fprintf(w, "%s: %s\n", name, call.Header[name])
		}
		var pretty bytes.Buffer
		if json.Indent(&pretty, []byte(call.Body), "", "  ") != nil {
			pretty = *bytes.NewBufferString(call.text())
		}
		fmt.Fprintf(w, "\n%s\n\n", bytes.TrimSuffix(pretty.Bytes(), []byte("\n")))
	}
	if len(p.Calls) == 0 {
		fmt.Fprintln(w, "# no call: there is nothing to send")
	}
	for _, r := range p.Refused {
		fmt.Fprintf(w, "# refused: element %d (%s) %s: %s\n", r.Index, r.ElementID, r.Item, r.Reason)
	}
	for _, n := range p.Notes {
		fmt.Fprintf(w, "# note: element %d (%s) %s: %s\n", n.Index, n.ElementID, n.Item, n.Text)
	}
	if p.More {
		fmt.Fprintln(w, "# further calls depend on what the vendor answers")
	}
}
