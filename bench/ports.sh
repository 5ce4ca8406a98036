#!/usr/bin/env bash
# ports.sh - one host, 100 to 65,535 ports: this machine, and one on a wire.

set -euo pipefail
# shellcheck source=bench/lib.bash
source "$(dirname "$0")/lib.bash"
scenario ports 5
calls='^1000 ports'

wire 1
open=$(seq -s, 100 1000 64100),22,80,443
listen - "tcp:$open"
listen host "tcp:$open"

# known ADDRESS N: the open ones of the ports 1 to N.
known()
{
	tr , '\n' <<<"$open" |
	    awk -v ip="$1" -v n="$2" '$1 <= n { print ip, $1 }' >"$tmp/$1-$2"
}
for n in 100 1000 10000 65535; do
	known 127.0.0.1 $n
	known $NET4.0.2 $n
done


# The least that sending all of it and reading all answers costs: floor.c says
# itself how long.
floor()	# CASE
{
	wanted "$1" && ((round > 0)) || return 0
	"$NET_BUILD/bench/floor" 1 | jq -c --arg scenario "$name" \
	    --arg case "$1" --argjson round "$round" '. + {scenario: $scenario,
	    case: $case, round: $round}' >>"$log"
}

measure()
{
	local n case t

	device=lo
	for n in 100 1000 10000 65535; do
		case="$n ports, loopback" t=$tmp/127.0.0.1-$n
		one "$case" prt "$t" pipeline "127.0.0.1 -p 1-$n"
		one "$case" "nmap -sS -T4" "$t" nmaps -sS -T4 -p "1-$n" 127.0.0.1
		one "$case" "nmap -sS -T5" "$t" nmaps -sS -T5 -p "1-$n" 127.0.0.1
		one "$case" prt-connect "$t" connects 127.0.0.1 -p "1-$n"
		one "$case" "nmap -sT -T5" "$t" nmaps -sT -T5 -p "1-$n" 127.0.0.1
	done
	floor "65535 ports, loopback"
	device=eth0
	for n in 1000 65535; do
		case="$n ports, wire" t=$tmp/$NET4.0.2-$n
		one "$case" prt "$t" pipeline "$NET4.0.2 -p 1-$n"
		one "$case" "prt -T5" "$t" pipeline "$NET4.0.2 -p 1-$n" -T5
		one "$case" "nmap -sS -T5" "$t" nmaps -sS -T5 -p "1-$n" $NET4.0.2
		one "$case" masscan "$t" masscans --rate 100000 -p "1-$n" \
		    $NET4.0.2
	done
}

rounds measure
exact '^prt'
bound "100 loopback ports, seconds" \
    "$(median "100 ports, loopback" prt .wall)" '<=' 0.012
bound "65535 loopback ports against the floor" \
    "$(ratio "$(median "65535 ports, loopback" prt .wall)" \
	"$(median "65535 ports, loopback" floor .wall)")" '<=' 1.2
bound "1000 loopback ports against nmap -T4" \
    "$(ratio "$(median "1000 ports, loopback" prt .wall)" \
	"$(median "1000 ports, loopback" "nmap -sS -T4" .wall)")" '<=' 0.25
bound "65535 loopback ports against nmap -T5" \
    "$(ratio "$(median "65535 ports, loopback" prt .wall)" \
	"$(median "65535 ports, loopback" "nmap -sS -T5" .wall)")" '<=' 0.5
bound "1000 loopback ports, system calls" \
    "$(syscalls "1000 ports, loopback" prt)" '<' 400
for where in loopback wire; do
	for part in prt-targets prt-blast prt-listen; do
		bound "65535 ports, $where: peak of $part, bytes" "$(worst \
		    "65535 ports, $where" prt "[.parts[] |
		    select(.name == \"$part\") | .rss_kib * 1024] | max" max)" \
		    '<' 8000000
	done
done
finish
