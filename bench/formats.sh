#!/usr/bin/env bash
# formats.sh - how many records prt-fmt writes in each line format in a second of
# one core, and in how much memory.

set -euo pipefail
# shellcheck source=bench/lib.bash
source "$(dirname "$0")/lib.bash"
scenario formats 3
n=1000000
formats='tsv ndjson csv masscan-list masscan-ndjson naabu zgrab hostport targets
    md ecs'

awk -v n=$n 'BEGIN {
	for (i = 0; i < n; i++)
		printf "198.18.%d.%d\t%d\ttcp\topen\tsyn-ack\tttl=57\t" \
		    "rtt=0.0%d\ttime=1764000000.%06d\n", i / 250 % 250,
		    i % 250, i % 65535 + 1, i % 997, i % 1000000
}' >"$tmp/in"

# written CASE OPTION...
written()
{
	wanted "$1" || return 0
	rm -f "$tmp/cost"
	timed "$tmp/cost" prt-fmt "${@:2}" "$tmp/in" >/dev/null
	pps "$1" prt-fmt "$(jq "$n / (.parts[0] | .user + .sys)" "$tmp/cost")" \
	    "$(jq -c '{kib: .parts[0].rss_kib}' "$tmp/cost")"
}

measure()
{
	local o

	for o in $formats; do
		written "$o" -o "$o"
	done
	written "tsv, --only" -o tsv --only 'state=open,port=1-60000,state!=up'
	written "csv, --columns" -F ip,port,ttl
}

rounds measure
for o in $formats "tsv, --only" "csv, --columns"; do
	bound "records written as $o, a second" \
	    "$(median "$o" prt-fmt .pps)" '>=' 500000
	bound "KiB of memory for $o" "$(worst "$o" prt-fmt .kib max)" '<=' 4096
done
finish
