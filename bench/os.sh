#!/usr/bin/env bash
# os.sh - how fast an OS database is there, and fingerprints are held against it:
# one of 5,678 fingerprints, where it is installed. And for how many of the systems
# in it prt's own database has the family right, wrong, and not.

set -euo pipefail
# shellcheck source=bench/lib.bash
source "$(dirname "$0")/lib.bash"
scenario os 5
big=/usr/share/nmap/nmap-os-db

measure()
{
	local what a kib

	[[ -r $big ]] || {
		lacks "nmap: start" prt "$big is not there"
		return 0
	}
	"$NET_BUILD/bench/os" "$big" >"$tmp/out"
	while IFS=$'\t' read -r what a kib; do
		if [[ $what == start ]]; then
			pps "nmap: start" prt "$(ratio 1000 "$a")" \
			    "{\"ms\":$a,\"kib\":$kib}"
		else
			pps "nmap: $what" prt "$a" "{\"kib\":$kib}"
		fi
	done <"$tmp/out"
}

# Percent of what stdin, records of prt-os, says of systems whose family is known.
families()
{
	awk -F'\t' '{
		tag = os = family = ""
		for (i = 6; i <= NF; i++) {
			if ($i ~ /^tag=/) tag = "|" substr($i, 5)
			if ($i ~ /^os=/) os = $i
			if ($i ~ /^os_family=/) family = substr($i, 11)
		}
		if (os == "" || family == "")
			next
		n[index(tag, "|" family "|") ? "right" : "wrong"]++
	}
	END { printf "%.1f %.1f\n", 100 * n["right"] / NR, 100 * n["wrong"] / NR }'
}

rounds measure
if [[ -r $big ]]; then
	read -r right wrong < <(python3 "$NET_DIR/t/lib/os-oracle.py" "$big" all |
	    prt-os --match - | families)
	bound "percent of nmap's systems whose family our database names" \
	    "$right" '>=' 45
	bound "percent of them that it calls another family" "$wrong" '<=' 6
fi
bound "ms until nmap's is there" "$(median "nmap: start" prt .ms)" '<=' 30
bound "KiB that it takes" "$(worst "nmap: matches" prt .kib max)" '<=' 16384
bound "fingerprints held against it a second" \
    "$(median "nmap: matches" prt .pps)" '>=' 500
finish
