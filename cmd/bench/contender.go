package main

import (
	"context"
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"text/template"
)

// contender is a server that takes events and makes a vendor call for each.
type contender struct {
	// name is what the report calls it.
	name string
	// path is where it takes events; calls says that it makes a vendor call for each.
	path  string
	calls bool
	// start starts it with an empty memory and store.
	start func(context.Context, *lab) (*process, error)
}

// The contenders.
const (
	gatewayREST    = "labelgate, REST"
	gatewayGraphQL = "labelgate, GraphQL"
	njsREST        = "nginx + njs, REST"
	njsFetch       = "nginx + njs, REST by ngx.fetch"
	njsGraphQL     = "nginx + njs, GraphQL"
	nothing        = "Go server that only reads and answers"
)

// contenders are all that can be measured on this machine.
func (l *lab) contenders() []contender {
	out := []contender{
		{gatewayREST, "/webhook", true, func(ctx context.Context, l *lab) (*process, error) { return l.gateway(ctx, "rest", l.vendor) }},
		{gatewayGraphQL, "/webhook", true, func(ctx context.Context, l *lab) (*process, error) { return l.gateway(ctx, "graphql", l.vendor) }},
		{nothing, "/", false, func(ctx context.Context, l *lab) (*process, error) { return l.self(ctx, "floor") }},
	}
	if l.njs != "" {
		out = append(out,
			contender{njsREST, "/rest", true, startNginx},
			contender{njsFetch, "/rest-fetch", true, startNginx},
			contender{njsGraphQL, "/graphql", true, startNginx})
	}
	return out
}

// lab holds what all measurements share.
type lab struct {
	dir       string // everything written goes here
	labelgate string // the binary
	njs       string // nginx's njs module, empty when there is none
	vendor    *process
	runs      int
	events    int
	report    report
}

// gateway starts the binary with a drop-in config of the repository and an empty store.
func (l *lab) gateway(ctx context.Context, kind string, vendor *process) (*process, error) {
	env, addr, err := l.gatewayEnv(kind, vendor)
	if err != nil {
		return nil, err
	}
	return start(ctx, filepath.Join(l.dir, "labelgate.log"), addr, env, l.labelgate, "serve", "-c", configFile(kind))
}

// gatewayEnv empties the store and returns the environment of a drop-in config.
func (l *lab) gatewayEnv(kind string, vendor *process) (env []string, addr string, err error) {
	store := filepath.Join(l.dir, "store")
	if err := os.RemoveAll(store); err != nil {
		return nil, "", err
	}
	if err := os.MkdirAll(store, 0o750); err != nil {
		return nil, "", err
	}
	if addr, err = freeAddr(); err != nil {
		return nil, "", err
	}
	path := map[string]string{"rest": "/batches", "graphql": "/graphql"}[kind]
	return []string{
		"AQ_WEBHOOK_SECRET=" + secret,
		"LABELING_API_KEY=bench-key",
		"LABELING_API_ENDPOINT=" + vendor.base + path,
		"PORT=" + addr[len("127.0.0.1:"):],
		"LABELGATE_STORE=sqlite://" + filepath.Join(store, "labelgate.db"),
	}, addr, nil
}

func configFile(kind string) string { return filepath.Join("configs", "aquarium-"+kind+".yaml") }

// self starts this program in another role.
func (l *lab) self(ctx context.Context, role string, args ...string) (*process, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	args = append([]string{role, "-listen", addr}, args...)
	return start(ctx, filepath.Join(l.dir, role+".log"), addr, nil, program, args...)
}

//go:embed nginx
var nginxFiles embed.FS

// startNginx starts nginx with njs in a folder of its own.
func startNginx(ctx context.Context, l *lab) (*process, error) {
	dir := filepath.Join(l.dir, "nginx")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	script, err := nginxFiles.ReadFile("nginx/transform.js")
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "transform.js"), script, 0o644); err != nil {
		return nil, err
	}
	conf, err := os.Create(filepath.Join(dir, "nginx.conf"))
	if err != nil {
		return nil, err
	}
	defer conf.Close()
	values := map[string]string{
		"Module": l.njs, "Dir": dir, "Vendor": l.vendor.base[len("http://"):], "Listen": addr, "Secret": secret,
	}
	if err := template.Must(template.ParseFS(nginxFiles, "nginx/nginx.conf.tmpl")).Execute(conf, values); err != nil {
		return nil, fmt.Errorf("nginx.conf: %w", err)
	}
	return start(ctx, filepath.Join(dir, "nginx.log"), addr, nil, "nginx", "-p", dir, "-e", filepath.Join(dir, "error.log"),
		"-c", conf.Name())
}
