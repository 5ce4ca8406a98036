#!/usr/bin/env bash
# os.sh - how fast an OS database is there, and fingerprints are held against it:
# one of 5,678 fingerprints, where it is installed.

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

rounds measure
bound "ms until nmap's is there" "$(median "nmap: start" prt .ms)" '<=' 30
bound "KiB that it takes" "$(worst "nmap: matches" prt .kib max)" '<=' 16384
bound "fingerprints held against it a second" \
    "$(median "nmap: matches" prt .pps)" '>=' 500
finish
