#!/usr/bin/env bash
# What prt-blast sends, byte for byte: every scan type over both families, made
# by a dry run with a seed.
#
# Run as a program, with a directory, it writes the captures there. Those of
# t/data/golden are made anew only when the packets are meant to change, and
# then looked at with tshark.

golden_types=(syn ack window maimon fin null xmas flags:SFPU udp arp ndp
    icmp-echo icmp-timestamp icmp-mask syn-ping ack-ping
    udp-ping)

# The families of a type.
golden_families()
{
	case $1 in
	arp | icmp-timestamp | icmp-mask) echo 4 ;;
	ndp)	echo 6 ;;
	*)	echo 4 6 ;;
	esac
}

golden_targets()
{
	case $1 in
	4)	echo 192.0.2.1-192.0.2.3 ;;
	6)	echo 2001:db8:1::fffe-2001:db8:1::1:0 ;;
	esac
}

# golden_name TYPE FAMILY
golden_name()
{
	echo "${1%%:*}-$2.pcap"
}

# golden_make TYPE FAMILY FILE: needs PRT_DATADIR with the payloads of
# t/data/golden.
golden_make()
{
	golden_targets "$2" | prt-blast --dry-run --seed golden -s "$1" \
	    -p 7,53,123,61000 -S 198.51.100.1 -S 2001:db8::1 --pcap "$3"
}

# golden_data DIR: the data files that the captures are made with.
golden_data()
{
	local tree

	tree=$(dirname "${BASH_SOURCE[0]}")/../..
	mkdir -p "$1"
	cp "$tree"/share/ports "$tree"/share/reserved \
	    "$tree"/t/data/golden/udp-payloads "$1"
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
	set -eu
	data=$(mktemp -d)
	trap 'rm -rf "$data"' EXIT
	golden_data "$data"
	export PRT_DATADIR=$data
	for t in "${golden_types[@]}"; do
		for v in $(golden_families "$t"); do
			golden_make "$t" "$v" "$1/$(golden_name "$t" "$v")" \
			    >/dev/null
		done
	done
fi
