#!/usr/bin/env bash
# rate.sh - whether as many packets a second go out as were asked for, and what a
# limit costs.

set -euo pipefail
# shellcheck source=bench/lib.bash
source "$(dirname "$0")/lib.bash"
scenario rate 3

wire 1
ip neigh replace $NET4.0.2 dev eth0 lladdr "$mac" nud permanent
seq -f "$NET4.0.2 %.0f" 22 1000 65535 >"$tmp/open"

# RATE SECONDS: what is asked for, and how long it is watched.
asked="100 4
1000 3
10000 2
100000 2
300000 1
1000000 1"

blast()	# RATE [OPTION...]
{
	cmd=(prt-targets 198.19.0.0/16 -p 1-2000 '|'
	    prt-blast --stateless --rate "$@")
}

measure()
{
	local pps secs

	sink nft
	while read -r pps secs; do
		inflow "$pps a second" prt 0.5 "$secs" blast "$pps"
		inflow "$pps a second" masscan 0.5 "$secs" \
		    masscans --rate "$pps" -p 1-2000 198.19.0.0/16
		# The others have no more to send, or do not send as fast.
		((pps <= 10000)) || continue
		inflow "$pps a second" zmap 0.5 "$secs" \
		    zmaps -r "$pps" -p 80 198.18.0.0/15
		inflow "$pps a second" nmap 0.5 "$secs" nmaps -sS \
		    --min-rate "$pps" --max-rate "$pps" --max-retries 0 \
		    -p 1-2000 198.19.0.0/16
	done <<<"$asked"
	inflow "no limit" prt 0.5 1 blast 100M --tx xdp
	sink none
	one "65535 ports, no limit" prt "$tmp/open" \
	    pipeline "$NET4.0.2 -p 1-65535" -T5
	one "65535 ports, no limit" nmap "$tmp/open" \
	    nmaps -sS -T5 -p 1-65535 $NET4.0.2
	one "65535 ports, 50000 a second" prt "$tmp/open" \
	    pipeline "$NET4.0.2 -p 1-65535" -T5 --rate 50k
	one "65535 ports, 50000 a second" nmap "$tmp/open" \
	    nmaps -sS -T5 --max-rate 50000 -p 1-65535 $NET4.0.2
	one "65535 ports, 50000 a second" masscan "$tmp/open" \
	    masscans --rate 50000 -p 1-65535 $NET4.0.2
}

listen host "tcp:$(cut -d' ' -f2 "$tmp/open" | paste -sd,)"
rounds measure
most=$(median "no limit" prt .pps)
while read -r pps secs; do
	was=$(median "$pps a second" prt .pps)
	if [[ -n $was && -n $most ]] &&
	    awk -v most="$most" -v pps="$pps" 'BEGIN { exit most > 1.1 * pps }'
	then
		round=1
		lacks "$pps a second" "bound of prt" \
		    "this machine sends no more than $most a second"
		continue
	fi
	bound "$pps a second asked for, off by this part" "$(
	    [[ -z $was ]] || awk -v was="$was" -v pps="$pps" 'BEGIN {
		off = was / pps - 1; printf "%.5f", off < 0 ? -off : off }')" \
	    '<=' 0.01
done <<<"$asked"
exact '^prt'
finish
