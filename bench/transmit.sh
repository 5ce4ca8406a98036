#!/usr/bin/env bash
# transmit.sh - how many packets a second can be made, and sent.

set -euo pipefail
# shellcheck source=bench/lib.bash
source "$(dirname "$0")/lib.bash"
scenario transmit 3

wire 2
ip neigh replace $NET4.0.2 dev eth0 lladdr "$mac" nud permanent

# made WHO ADDRESSES [OPTION...]: by prt-blast alone, and not sent: probes for a
# second of its processor time, which is what others leave of a core.
made()
{
	local n

	wanted "made" || return 0
	rm -f "$tmp/cost"
	timed -t 60 "$tmp/cost" prt-targets --allow-reserved "$2" -p 1-100 '|' \
	    prt-blast --allow-reserved --dry-run --tx null "${@:3}" >"$tmp/out"
	n=$(sed -n 's/.*\tprobes=\([0-9]*\).*/\1/p' "$tmp/out")
	pps made "$1" "$(jq --argjson n "$n" '.parts[] |
	    select(.name == "prt-blast") | $n / (.user + .sys) | round' \
	    "$tmp/cost")" "$(jq -c '{parts}' "$tmp/cost")"
}

# What has more to send than there is time for.
blast()	# SENDER [OPTION...]
{
	cmd=(prt-targets --allow-reserved 198.19.0.0/16 -p 1-2000 '|'
	    prt-blast --allow-reserved --stateless --rate 100M --tx "$@")
}

# sends SINK SENDERS THREADS
sends()
{
	local case="sent, $1 sink" tx threads

	for tx in $2; do
		prt-blast --list-tx | grep -q "^$tx"$'\t' || {
			lacks "$case" "prt $tx" "not in this build"
			continue
		}
		for threads in $3; do
			inflow "$case" "prt $tx, threads: $threads" 0.3 1 \
			    blast "$tx" --threads "$threads"
		done
	done
	inflow "$case" masscan 0.3 1 \
	    masscans --rate 100000000 -p 1-2000 198.19.0.0/16
	for threads in $3; do
		inflow "$case" "zmap -T $threads" 0.3 1 \
		    zmaps -r 0 -T "$threads" -P 1000 -p 80 198.19.0.0/16
	done
	inflow "$case" nmap 0.3 1 nmaps -sS --min-rate 1000000 \
	    --max-retries 0 -p 1-2000 198.19.0.0/16
}

measure()
{
	made "IPv4" 198.18.0.0/15
	made "IPv6" $NET6::/111
	sink nft
	sends nft "mmsg xdp" "1 2"
	if sink xdp; then
		sends XDP "mmsg xdp xdp-live" "1 2"
	else
		lacks "sent, XDP sink" all "no XDP here: $(tail -n 1 "$tmp/err")"
	fi
}

rounds measure
for family in IPv4 IPv6; do
	bound "$family probes made, a second of a core" \
	    "$(median made $family .pps)" '>=' 10000000
done
bound "made, IPv6 against IPv4" "$(ratio "$(median made IPv6 .pps)" \
    "$(median made IPv4 .pps)")" '>=' 0.95
# Each beside masscan, where both are at their best.
for what in "nft:prt mmsg:1.5" "nft:prt xdp:2.2" "XDP:prt xdp-live:5"; do
	IFS=: read -r case who limit <<<"$what"
	bound "$who, one thread, against masscan" \
	    "$(ratio "$(median "sent, $case sink" "$who, threads: 1" .pps)" \
	    "$(median "sent, $case sink" masscan .pps)")" '>=' "$limit"
done
finish
