#!/usr/bin/env bash
# timing.sh - the timing templates on a path of 20 ms: what each takes and costs.

set -euo pipefail
# shellcheck source=bench/lib.bash
source "$(dirname "$0")/lib.bash"
scenario timing 3
host=198.19.0.1

internet --delay 20 --up 100
truth -p 1-1000 $host >"$tmp/1000"
# The slow ones get ports that answer: the first of those, N of them.
for n in 2 10; do
	net_truth -p 1-1000 $host | awk -F'\t' '$5 == "syn-ack" ||
	    $5 == "reset" { print $2 }' | head -n $n >"$tmp/ports-$n"
	truth -p "$(paste -sd, "$tmp/ports-$n")" $host >"$tmp/$n"
done
seq 1000 >"$tmp/ports-1000"

template()	# T PORTS [WHAT]
{
	local ports

	ports=$(paste -sd, "$tmp/ports-$2")
	one "T$1, $2 ports" "prt${3-}" "$tmp/$2" \
	    pipeline "$host -p $ports" "-T$1"
	one "T$1, $2 ports" "nmap${3-}" "$tmp/$2" \
	    nmaps -sS "-T$1" -p "$ports" $host
}

measure()
{
	local t

	for t in 5 4 3; do
		template $t 1000
	done
	((round == 1)) || return 0
	template 2 10
	template 1 2
	# Five minutes lie between two packets.
	limit=10 stops=1
	template 0 2 ", stopped"
	limit=120 stops=
}

rounds measure
exact '^prt$'
finish
