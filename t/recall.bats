#!/usr/bin/env bats
# All 65,535 ports: every open one found, every closed one closed, each
# reported exactly once. RUNS=20 repeats every scan that often (default 3).

source "${BATS_TEST_DIRNAME:-t}/lib/net.bash"
net_fresh

: "${RUNS:=3}"

# Open ports spread over the whole range, and both ends of it.
ports() { # ports EVERY
	awk -v every="$1" 'BEGIN { printf "1,65535"
	    for (p = 7; p < 65535; p += every) printf ",%d", p }'
}

setup_file() {
	net_pair scan host
	# Ports that the scanner's own stack would use stay clear of a listener.
	listen scan "tcp:$(ports 331)"
	listen host "tcp:$(ports 33)"
}

# The truth as "port state" in order.
truth() { # truth HOST
	on "$1" ss -Htln | awk '{ n = split($4, a, ":"); print a[n] }' |
	    sort -nu | awk '{ open[$1] } END { for (p = 1; p < 65536; p++)
		print p, p in open ? "open" : "closed" }'
}

# scan ADDRESS: every port, default options; "port state" into $out.
scan() {
	on scan timeout 120 bash -o pipefail -c "prt-targets $1 -p - |
	    prt-blast | prt-listen --all" >"$out.prt"
	tail -1 "$out.prt" | grep -q $'^#prt\tstat\t.*complete=1' ||
		{ tail -1 "$out.prt"; return 1; }
	awk -F'\t' '!/^#/ { print $2, $4 }' "$out.prt" | sort -n >"$out"
}

exact() { # exact HOST ADDRESS
	local i

	out=$BATS_TEST_TMPDIR/$2
	truth "$1" >"$out.truth"
	for ((i = 1; i <= RUNS; i++)); do
		echo "$2, run $i"
		scan "$2"
		diff "$out.truth" "$out" | head -20
		cmp "$out.truth" "$out"
	done
}

@test "65,535 ports of 127.0.0.1: all right, every time" {
	exact scan 127.0.0.1
}

@test "65,535 ports of ::1: all right, every time" {
	exact scan ::1
}

@test "65,535 ports of the host's own address" {
	RUNS=1
	exact scan $NET4.0.1
	exact scan $NET6::1
}

@test "65,535 ports over a wire, IPv4 and IPv6 side by side" {
	local other

	exact host $NET6::2 3>&- &
	other=$!
	exact host $NET4.0.2
	wait "$other"
}

@test "a reader that is slow stalls nothing" {
	truth scan >"$BATS_TEST_TMPDIR/truth"
	# The pipe is full long before the reader wakes up.
	on scan timeout 60 bash -o pipefail -c "
	    prt-targets 127.0.0.1 -p - | prt-blast | prt-listen --all |
	    (read -rt 2 <> <(:) || :; cat)" >"$BATS_TEST_TMPDIR/slow"
	tail -1 "$BATS_TEST_TMPDIR/slow"
	awk -F'\t' '!/^#/ { print $2, $4 }' "$BATS_TEST_TMPDIR/slow" |
	    sort -n | cmp "$BATS_TEST_TMPDIR/truth"
	tail -1 "$BATS_TEST_TMPDIR/slow" | grep -q 'complete=1'
}

@test "two scans of one host at once do not mistake each other's answers" {
	local other

	truth host >"$BATS_TEST_TMPDIR/truth"
	(out=$BATS_TEST_TMPDIR/one && scan $NET4.0.2) 3>&- &
	other=$!
	out=$BATS_TEST_TMPDIR/two
	scan $NET4.0.2
	wait "$other"
	tail -qn1 "$BATS_TEST_TMPDIR"/{one,two}.prt
	cmp "$BATS_TEST_TMPDIR/truth" "$BATS_TEST_TMPDIR/one"
	cmp "$BATS_TEST_TMPDIR/truth" "$BATS_TEST_TMPDIR/two"
}

@test "5 % loss each way: at least 99.9 % of the open ports" {
	local i open found=0 all=0

	truth host >"$BATS_TEST_TMPDIR/truth"
	open=$(grep -c open "$BATS_TEST_TMPDIR/truth")
	out=$BATS_TEST_TMPDIR/found
	lossy host 5
	for ((i = 1; i <= RUNS; i++)); do
		scan $NET4.0.2
		# Each port once, and nothing is what it is not.
		cut -d' ' -f1 "$out" | diff -q - <(seq 65535)
		paste -d' ' "$BATS_TEST_TMPDIR/truth" "$out" |
		    awk '$2 != $4 && $4 != "filtered" { print; bad = 1 }
		    END { exit bad }'
		((found += $(grep -c ' open$' "$out"), all += open))
		echo "run $i: $found of $all; $(tail -1 "$out.prt")"
	done
	((found * 1000 >= all * 999))
}
