#!/usr/bin/env bash
# systems.sh - which system one host has, and 256, each with the scan that finds
# their ports: beside nmap -O.

set -euo pipefail
# shellcheck source=bench/lib.bash
source "$(dirname "$0")/lib.bash"
scenario systems 3
limit=300
export PRT_DATADIR=$NET_DIR/share
many=198.19.0.0/24

asks()		# TARGETS PORTS
{
	cmd=(prt-targets "$1" -p "$2" '|' prt-blast '|' prt-listen '|' prt-os)
}

nmap_asks()
{
	nmaps -O -p "$2" "$1"
}

measure()
{
	from=-
	one "1 host" nmap "$tmp/one" nmap_asks $NET4.0.2 22,23
	one "1 host" prt "$tmp/one" asks $NET4.0.2 22,23
	from=scan
	# which takes minutes
	((round > 1)) ||
	    one "256 hosts" nmap "$tmp/many" nmap_asks $many 80-89
	one "256 hosts" prt "$tmp/many" asks $many 80-89
	cp "$tmp/out" "$tmp/named"
}

wire 1
listen host tcp:22
echo "$NET4.0.2 22" >"$tmp/one"
internet --up 100 --ping 100 --tcp open=50 --udp open=0 --systems all
truth -p 80-89 $many >"$tmp/many"
rounds measure
bound "s for 1 host" "$(median "1 host" prt .wall)" '<=' 2
bound "s for 256 hosts" "$(median "256 hosts" prt .wall)" '<=' 6
bound "KiB of prt-os for 256 hosts" \
    "$(worst "256 hosts" prt '.parts[3].rss_kib' max)" '<=' 16384
bound "hosts of 256 that are named" \
    "$(grep -c $'\thost\t.*\tos=' "$tmp/named")" '>=' 250
finish
