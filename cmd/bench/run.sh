#!/usr/bin/env bash
# Takes all figures of docs/performance.md and prints them; they are also left in cmd/bench/results/latest.md.
#   cmd/bench/run.sh [-runs 3] [-events 20000] [-only throughput,accepts,large,elements,decode,plan,profile] [-dir FOLDER]
set -euo pipefail
cd "$(dirname "$0")/../.."

if ! [ -e /usr/lib/nginx/modules/ngx_http_js_module.so ]; then
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
		echo "installing nginx with njs, to measure beside us" >&2
		# RUNLEVEL=1 keeps the package from starting the service: the benchmark runs nginx with a configuration of its own.
		(apt-get update -qq || true) >/dev/null
		RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq nginx-light libnginx-mod-http-js >/dev/null ||
			echo "nginx with njs cannot be installed: the comparison is left out" >&2
	else
		echo "nginx with njs is missing and cannot be installed without root and apt: the comparison is left out" >&2
	fi
fi

mkdir -p bin
CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o bin/labelgate ./cmd/labelgate
CGO_ENABLED=0 go build -o bin/bench ./cmd/bench
exec bin/bench all -labelgate bin/labelgate "$@"
