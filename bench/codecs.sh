#!/usr/bin/env bash
# codecs.sh - how many records a second are read and written, on one core.

set -euo pipefail
# shellcheck source=bench/lib.bash
source "$(dirname "$0")/lib.bash"
scenario codecs 3

measure()
{
	local what n

	"$NET_BUILD/bench/records" 1000000 >"$tmp/out"
	while IFS=$'\t' read -r what n; do
		pps records "$what" "$n"
	done <"$tmp/out"
}

rounds measure
bound "records read and written as TSV, a second" \
    "$(median records "TSV parsed, TSV written" .pps)" '>=' 2000000
bound "records written as NDJSON, a second" \
    "$(median records "NDJSON written" .pps)" '>=' 1000000
finish
