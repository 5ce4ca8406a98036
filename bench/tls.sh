#!/usr/bin/env bash
# tls.sh - how long it takes to read a certificate, beside OpenSSL's d2i_X509();
# and how many servers' certificates prt-tls gets a second of its processor time,
# by its hello and by whole handshakes, and in how much memory.

set -euo pipefail
# shellcheck source=bench/lib.bash
source "$(dirname "$0")/lib.bash"
scenario tls 3

hello=4000	# endpoints of a run
full=2000
held=1000	# conversations at once, for the memory

# endpoints N PORT
endpoints()
{
	seq "$1" | sed "s/.*/127.0.0.1 $2 tcp/"
}

# run CASE WHO N OPTION...: certificates a second of processor time
run()
{
	local case=$1 who=$2 n=$3 cpu

	shift 3
	endpoints "$n" 4433 >"$tmp/in"
	rm -f "$tmp/cost"
	timed "$tmp/cost" cat "$tmp/in" '|' prt-tls --per-host 200 "$@" >"$tmp/out"
	grep -q "certs=$n\b" "$tmp/out" || {
		echo "tls: $case: not all certificates came" >&2
		return 1
	}
	cpu=$(jq '.parts[1] | .user + .sys' "$tmp/cost")
	pps "$case" "$who" "$(ratio "$n" "$cpu")" "{\"cpu\":$cpu}"
}

# hold CASE WHO OPTION...: KiB that a conversation takes while nothing comes
hold()
{
	local n each kib=()

	for n in 1 $held; do
		endpoints "$n" 4434 >"$tmp/in"
		rm -f "$tmp/cost"
		timed "$tmp/cost" cat "$tmp/in" '|' prt-tls --parallel 4000 \
		    --per-host 4000 --timeout 1500ms "${@:3}" >"$tmp/out"
		kib+=("$(jq '.parts[1].rss_kib' "$tmp/cost")")
	done
	each=$(ratio $((kib[1] - kib[0])) $held)
	pps "$1" "$2" "$(ratio 1024 "$each")" "{\"kib\":$each}"
}

measure()
{
	local what us

	"$NET_BUILD/bench/tls" >"$tmp/certs"
	while IFS=$'\t' read -r what us; do
		[[ $what == bytes ]] ||
		    pps certificates "$what" "$(ratio 1000000 "$us")" \
			"{\"us\":$us}"
	done <"$tmp/certs"
	run "endpoints, by processor time" prt $hello
	run "endpoints, by processor time" "prt --full" $full --full
	hold "conversations in a MiB" prt
	hold "conversations in a MiB" "prt --full" --full
}

"$NET_BUILD/bench/tls" serve 4433 4434 >"$tmp/ready" &
server=$!
trap 'kill $server' EXIT
await 10 grep -q ready "$tmp/ready"
rounds measure
bound "microseconds to read a certificate of 1.3 KB" \
    "$(median certificates read .us)" '<=' 0.7
bound "times as fast as d2i_X509()" "$(ratio "$(median certificates d2i .us)" \
    "$(median certificates read .us)")" '>=' 100
bound "times as many certificates as whole handshakes" \
    "$(ratio "$(median "endpoints, by processor time" prt .pps)" \
	"$(median "endpoints, by processor time" "prt --full" .pps)")" '>=' 10
bound "KiB a conversation" "$(median "conversations in a MiB" prt .kib)" '<=' 8
finish
