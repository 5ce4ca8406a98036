#!/usr/bin/env bats
# prtip beside nmap: the same command line, on the same ground, says the same of
# every host and port: t/data/prtip-nmap.tsv.

# shellcheck source=t/lib/net.bash
source "${BATS_TEST_DIRNAME:-t}/lib/net.bash"
net_fresh
# shellcheck source=t/lib/ground.bash
source "$NET_DIR/t/lib/ground.bash"

# How many rows run at a time: they mostly wait.
jobs=8

setup_file() {
	ground pair
	ground routed
	net_lan lan 5
	listen h2 tcp:22
	listen h3 tcp:80,443
	listen h5 tcp:22
	rules h5 <<-'END'
	meta l4proto icmp drop
	tcp dport != 22 drop
	END
	host local
	listen local tcp:22,8080 udp:22
}

setup() {
	command -v nmap >/dev/null || skip "nmap is not installed"
	cd "$BATS_TEST_TMPDIR" || return 1
	printf '%s\n' 198.18.0.2 '198.18.0.3-4 198.18.0.7' >hosts
	echo 198.18.0.4 >never
}

# The host that scans on this ground.
from() {
	case $1 in
	pair)	echo scan ;;
	routed)	echo rscan ;;
	*)	echo "$1" ;;
	esac
}

# row N GROUND HOW ARGUMENTS: both programs, and what they differ in.
row() {
	local h how=() args

	h=$(from "$2")
	[[ $3 == exact ]] || how=(--any-up)
	read -ra args <<<"$4"
	on "$h" timeout 60 nmap "${args[@]}" -oX "$1.nmap" >"$1.said" 2>&1 || {
		echo "nmap $4: status $?: $(cat "$1.said")"
		return 1
	}
	on "$h" timeout 60 prtip "${args[@]}" -q -oX "$1.xml" >"$1.said" 2>&1 || {
		echo "prtip $4: status $?: $(cat "$1.said")"
		return 1
	}
	"$NET_DIR/t/lib/same-hosts.py" "${how[@]}" "$1.nmap" "$1.xml" >"$1.diff" ||
	    {
		sed "s|^|$2: $4: |" "$1.diff"
		return 1
	}
}

# A row that differs is run again by itself: on a busy machine either of the two may
# lose an answer, and then they differ by that.
@test "the same hosts, ports, states and reasons" {
	local n=0 bad=0 f ground how args
	local -a rows

	mapfile -t rows < <(grep -v '^#' "$NET_DIR/t/data/prtip-nmap.tsv")
	for ((n = 0; n < ${#rows[@]}; n++)); do
		IFS=$'\t' read -r ground how args <<<"${rows[n]}"
		while (($(jobs -pr | wc -l) >= jobs)); do
			wait -n || :
		done
		{
			row $n "$ground" "$how" "$args" || : >"$n.bad"
		} 3>&- &
	done
	while (($(jobs -p | wc -l) > 0)); do
		wait -n || :
	done
	for f in *.bad; do
		[[ -e $f ]] || continue
		IFS=$'\t' read -r ground how args <<<"${rows[${f%.bad}]}"
		echo "again:"
		row "${f%.bad}" "$ground" "$how" "$args" || bad=$((bad + 1))
	done
	echo "$n command lines, $bad differ"
	((n >= 40 && bad == 0))
}
