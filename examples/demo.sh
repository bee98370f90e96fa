#!/usr/bin/env bash
# The demo behind `make demo`: a stand-in vendor, a gateway for each generic adapter, one sample export through both, and
# what the vendor received. Everything lives in a temporary folder, and is stopped and removed at the end.
set -euo pipefail
cd "$(dirname "$0")/.."
labelgate=$PWD/bin/labelgate
event=$PWD/examples/events/mixed.json
work=$(mktemp -d)
pids=()

# stop ends everything, the gateways first: they drain.
stop() {
	for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
		kill "${pids[i]}" 2>/dev/null && wait "${pids[i]}" 2>/dev/null || true
	done
	pids=()
}
trap 'stop; rm -rf "$work"' EXIT

say() { printf '\n== %s\n' "$*"; }

fail() {
	echo "demo: $*" >&2
	tail -n 20 "$work"/*.log >&2
	exit 1
}

# free_port prints a port of 127.0.0.1 that nobody listens on.
free_port() {
	local port
	while :; do
		port=$((20000 + RANDOM % 20000))
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	done
	echo "$port"
}

# await PORT: until somebody listens there.
await() {
	for _ in $(seq 200); do
		(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
		sleep 0.05
	done
	fail "nobody listens on port $1"
}

vendor_port=$(free_port)
export AQ_WEBHOOK_SECRET=demo-secret LABELING_API_KEY=demo-key

say "a stand-in vendor on http://127.0.0.1:$vendor_port"
"$labelgate" sandbox --addr "127.0.0.1:$vendor_port" --key "$LABELING_API_KEY" --bodies >"$work/vendor.log" 2>&1 &
pids+=($!)
await "$vendor_port"

for adapter in graphql rest; do
	config=$PWD/configs/aquarium-$adapter.yaml
	path=batches
	[ "$adapter" = rest ] || path=graphql
	PORT=$(free_port)
	export PORT LABELGATE_STORE="sqlite://$work/$adapter.db" LABELING_API_ENDPOINT="http://127.0.0.1:$vendor_port/$path"
	say "a gateway with configs/aquarium-$adapter.yaml on port $PORT, and an export of $(basename "$event") to it"
	"$labelgate" serve -c "$config" 2>"$work/$adapter.log" &
	pids+=($!)
	await "$PORT"
	"$labelgate" send -c "$config" --wait "$event" || fail "the export was not delivered"
	"$labelgate" deliveries list -c "$config"
done

say "what the vendor received"
cat "$work/vendor.log"

say "the gateways' log, one line an attempt"
grep -h '"msg":"attempt"' "$work/graphql.log" "$work/rest.log"

stop
say "done, and stopped cleanly"
cat <<'END'
Next:
  bin/labelgate preview -c configs/aquarium-rest.yaml examples/events/frames.json   (with the four names set)
  bin/labelgate init && $EDITOR labelgate.yaml && bin/labelgate check
  docs/quickstart.md, docs/mappings.md
END
