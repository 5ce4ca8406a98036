#!/usr/bin/env bash
# oslab.sh [HOST...] - asks the hosts of the laboratory (t/lib/oslab.bash) by
# prt-os's probes, and prints the fingerprint of each over IPv4 and over IPv6: what
# share/os-fingerprints calls measured. Without a name, all of them.

set -euo pipefail
# shellcheck source=t/lib/net.bash
source "$(dirname "$0")/../t/lib/net.bash"
# shellcheck source=t/lib/oslab.bash
source "$(dirname "$0")/../t/lib/oslab.bash"

# Each has a network of its own.
if [[ $# -ne 1 ]]; then
	[[ $# -gt 0 ]] || set -- "${oslab_hosts[@]}" "${oslab_others[@]}"
	for h; do
		"$0" "$h"
	done
	exit
fi
lacks=$(oslab_lacks "$1")
[[ -z $lacks ]] || {
	echo "oslab.sh: $1: $lacks" >&2
	exit 1
}
net_fresh
export PRT_DATADIR=$NET_DIR/share
oslab_up "$1"
oslab_ask --fingerprint -j >/dev/null	# neighbours know each other then
oslab_ask --fingerprint | while IFS= read -r record; do
	of() { sed -nE "s/.*\t$1=([^\t]*).*/\1/p" <<<"$record"; }
	printf '# %s, %s: %s (%s %%)\n' "$1" "${record%%$'\t'*}" "$(of os)" \
	    "$(of os_conf)"
	of os_fp | sed 's/)/)\n/g'
done
