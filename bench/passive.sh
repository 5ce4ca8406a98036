#!/usr/bin/env bash
# passive.sh - how many records a second prt-os --passive takes in, and in how much
# memory.

set -euo pipefail
# shellcheck source=bench/lib.bash
source "$(dirname "$0")/lib.bash"
scenario passive 3
n=1000000
export PRT_DATADIR=$NET_DIR/share

# results HOSTS: of so many hosts in a random order, one port in five open; a
# thousand different stacks.
results()
{
	awk -v n=$n -v hosts="$1" 'BEGIN {
		srand(1)
		split("MSTNW MNWST MNWNNTS MNNS M MNWNNTSE", order, " ")
		for (i = 0; i < n; i++) {
			h = int(rand() * hosts)
			printf "198.%d.%d.%d\t%d\ttcp\t", 18 + h / 65536,
			    h / 256 % 256, h % 256,
			    i % 65535 + 1
			if (i % 5 == 0)
				printf "open\tsyn-ack\tttl=%d\twin=%d\tmss=1460" \
				    "\twscale=7\ttcpopts=%s\tdf=1\tipid=%d\n",
				    64 - h % 20, 65000 + h % 150,
				    order[1 + h % 6], h % 7 == 0 ? 0 : i % 65536
			else
				printf "closed\treset\tttl=%d\twin=0\tdf=1" \
				    "\tipid=0\n", 64 - h % 20
		}
	}' >"$tmp/$1"
}

# heard HOSTS [OPTION...]
heard()
{
	local case="$1 hosts${2+, $2}"

	wanted "$case" || return 0
	rm -f "$tmp/cost"
	timed "$tmp/cost" cat "$tmp/$1" '|' prt-os --passive "${@:2}" >"$tmp/out"
	pps "$case" prt-os "$(jq "$n / (.parts[1] | .user + .sys)" "$tmp/cost")" \
	    "$(jq -c '{kib: .parts[1].rss_kib}' "$tmp/cost")"
}

measure()
{
	heard 250
	heard 65000
	heard 65000 -j
}

results 250
results 65000
rounds measure
for case in "250 hosts" "65000 hosts" "65000 hosts, -j"; do
	bound "records taken in, $case, a second" "$(median "$case" prt-os .pps)" \
	    '>=' 500000
done
bound "KiB for 250 hosts" "$(worst "250 hosts" prt-os .kib max)" '<=' 4096
bound "KiB for 65,000 hosts" "$(worst "65000 hosts" prt-os .kib max)" '<=' 16384
finish
