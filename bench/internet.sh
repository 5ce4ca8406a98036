#!/usr/bin/env bash
# internet.sh - a simulated internet with 20 % of its hosts up: one port of a /16,
# and 100 of a /24, with packets lost, a bottleneck, and forged answers.

set -euo pipefail
# shellcheck source=bench/lib.bash
source "$(dirname "$0")/lib.bash"
scenario internet 2
limit=180

# slash16 CASE SIMNET-OPTION...: each takes its turn in that internet.
slash16()
{
	local t=$tmp/16

	wanted "$1" || return 0
	internet "${@:2}"
	truth -p 80 198.19.0.0/16 >"$t"
	one "$1" prt "$t" pipeline "198.19.0.0/16 -p 80"
	one "$1" "prt -T4" "$t" pipeline "198.19.0.0/16 -p 80" -T4
	one "$1" "prt -T5" "$t" pipeline "198.19.0.0/16 -p 80" -T5
	one "$1" masscan "$t" masscans --rate 100000 -p 80 198.19.0.0/16
	one "$1" zmap "$t" zmaps -r 100000 -p 80 198.19.0.0/16
}

# What nmap has the time for, once.
slash24()
{
	local t=$tmp/24

	wanted "$1" && ((round == 1)) || return 0
	internet "${@:2}"
	truth -p 1-100 198.19.7.0/24 >"$t"
	one "$1" prt "$t" pipeline "198.19.7.0/24 -p 1-100"
	one "$1" "prt -T4" "$t" pipeline "198.19.7.0/24 -p 1-100" -T4
	one "$1" "nmap -sS -T4" "$t" nmaps -sS -T4 -p 1-100 198.19.7.0/24
	one "$1" masscan "$t" masscans --rate 10000 -p 1-100 198.19.7.0/24
}

measure()
{
	local loss

	for loss in 0 1 5; do
		slash16 "/16, loss $loss %" --loss $loss --forged 20000
	done
	slash16 "/16, bottleneck" --cap 50000 --forged 20000
	for loss in 0 5; do
		slash24 "/24, loss $loss %" --loss $loss --up 100 \
		    --tcp open=10
	done
}

# recall CASE WHO LIMIT: in the worst run.
recall()
{
	bound "$1, $2: part of what is open that was found" \
	    "$(worst "$1" "$2" ".found / .want" min)" '>=' "$3"
}

rounds measure
honest '^prt'
for who in prt "prt -T4"; do
	recall "/16, loss 0 %" "$who" 0.9999
	recall "/16, loss 1 %" "$who" 0.999
	recall "/16, loss 5 %" "$who" 0.999
done
recall "/16, loss 0 %" "prt -T5" 0.9999
for who in prt "prt -T4" "prt -T5"; do
	recall "/16, bottleneck" "$who" 0.999
done
finish
