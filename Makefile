# Every target says what it does; `make` lists them. Nothing but Go and make is needed, `make test` fetches the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GO ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
TEST_TIMEOUT ?= 9m
FUZZ_TIME ?= 10s
CRASH_ROUNDS ?= 1000
CRASH_SEED ?= 1
# golangci-lint brings some 200 modules, so it is run by version and is no `tool` line of go.mod.
GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: need-go ## Build bin/labelgate, one static binary
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/labelgate ./cmd/labelgate

.PHONY: demo
demo: build ## Run a stand-in vendor and a gateway, and send one export through each generic adapter
	@bash examples/demo.sh

.PHONY: test
test: vet ## Vet and run every test, under the race detector where there is a C compiler (apt-installs gcc as root)
	@race=$$(.ci/race); $(GO) test -vet=off $$race -shuffle=on -timeout $(TEST_TIMEOUT) ./...

.PHONY: test-vendors
test-vendors: need-go ## Try the stand-in vendors and the adapters by the vendors' own Python clients (installs them)
	@.ci/vendor-clients
	$(GO) test -tags vendorclients -run Client -count=1 -timeout $(TEST_TIMEOUT) ./adapters/...

.PHONY: test-label-studio
test-label-studio: need-go ## Try the label-studio adapter against a real Label Studio server (installs and runs one)
	@LABEL_STUDIO_VENV=$$(.ci/label-studio) \
	$(GO) test -tags labelstudio -run RealServer -count=1 -timeout 20m ./adapters/labelstudio/...

.PHONY: race
race: need-go ## Run every test five times under the race detector
	CGO_ENABLED=1 $(GO) test -race -shuffle=on -count=5 -timeout 45m ./...

.PHONY: vet
vet: need-go ## Run go vet
	$(GO) vet ./...

.PHONY: fuzz
fuzz: need-go ## Run every fuzz target for FUZZ_TIME (10s)
	@grep -rHo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' pkg adapters cmd | sort | \
	while IFS=: read -r file name; do \
		name=$${name#func }; dir=$$(dirname "$$file"); \
		echo "== ./$$dir $$name"; \
		$(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZ_TIME) "./$$dir"; \
	done

.PHONY: bench
bench: build ## Measure this build and those it is compared with, in one run, ratios included (minutes)
	@bash cmd/bench/run.sh

.PHONY: microbench
microbench: need-go ## Run the Go benchmarks of all packages
	$(GO) test -run '^$$' -bench . -benchmem ./...

# CRASH_ROUNDS kills at each kind of vendor (with keys, without, with a read only), a hundredth of that at each named point, a sixteenth
# of that done to two replicas and their PostgreSQL. A line of progress after every 50 kills; CRASH_SEED gives the same kills again.
.PHONY: crash
crash: build ## Kill loaded gateways with -9, CRASH_ROUNDS (1000) times at each kind of vendor and at each named point, and two on a PostgreSQL that is killed too; all faults; 170 MB events
	LABELGATE_CRASH_ROUNDS=$(CRASH_ROUNDS) LABELGATE_CRASH_SEED=$(CRASH_SEED) LABELGATE_FAULTS=all LABELGATE_LARGE_ELEMENTS=100000 \
	$(GO) test -run 'Crash|Kill|Fault|Large|Stopped' -count=1 -timeout 90m -v ./cmd/labelgate/e2e

.PHONY: cover
cover: need-go ## Measure test coverage into coverage.out and print it by function
	$(GO) test -coverpkg=./pkg/...,./adapters/... -coverprofile=coverage.out ./...
	@$(GO) tool cover -func=coverage.out | tail -n 1

.PHONY: lint
lint: need-go ## Run golangci-lint (the installed one, else a fixed version through go run)
	@if command -v golangci-lint >/dev/null; then golangci-lint run; else $(GO) run $(GOLANGCI) run; fi

.PHONY: fmt
fmt: need-go ## Format the code
	@gofmt -l -w $$(git ls-files '*.go')

.PHONY: generate
generate: need-go ## Write the files that are made from code
	$(GO) generate ./...

.PHONY: check
check: fmt generate ## Everything a change must pass: format, generate, nothing left to commit, lint, test
	git diff --exit-code
	$(MAKE) lint test

.PHONY: clean
clean: ## Remove what was built
	rm -rf bin dist coverage.out *.test *.prof

.PHONY: need-go
need-go:
	@command -v $(GO) >/dev/null || { echo "make: Go is missing; install Go $$(awk '$$1 == "go" {print $$2}' go.mod) or newer from https://go.dev/dl" >&2; exit 1; }
