#!/usr/bin/env bats
# What a scan costs: system calls, memory, and what happens where the receiver
# is too slow.

source "${BATS_TEST_DIRNAME:-t}/lib/net.bash"
net_fresh

setup_file() {
	net_pair scan host
}

# Instrumented code is another program.
plain() {
	[[ -z ${SANITIZE-} ]] || skip "measures the programs as they are built"
}

# field KEY FILE: of the last record.
field() {
	tail -1 "$2" | tr '\t' '\n' | sed -n "s/^$1=//p"
}

# cost COMMAND...: runs a pipeline; peak memory in bytes, "NAME BYTES" into $peak.
cost() {
	local log=$BATS_TEST_TMPDIR/cost

	rm -f "$log"
	on scan timed -t 100 "$log" "$@" >"$BATS_TEST_TMPDIR/out"
	tail -1 "$BATS_TEST_TMPDIR/out"
	tail -1 "$BATS_TEST_TMPDIR/out" | grep -q 'complete=1'
	peak=$(jq -r '.parts[] | "\(.name) \(.rss_kib * 1024)"' "$log")
	echo "$peak"
}

# under BYTES: each of ours peaked below that.
under() {
	awk -v most="$1" '/^prt-/ { n++; if ($2 >= most) bad = 1 }
	    END { exit bad || n != 3 }' <<<"$peak"
}

@test "1,000 ports take less than 400 system calls, all programs together" {
	local d=$BATS_TEST_TMPDIR p

	plain
	on scan bash -o pipefail -c "
	    strace -f -c -U name,calls -o $d/1 prt-targets 127.0.0.1 |
	    strace -f -c -U name,calls -o $d/2 prt-blast |
	    strace -f -c -U name,calls -o $d/3 prt-listen" >"$d/out"
	tail -1 "$d/out" | grep -q 'answered=1000	.*complete=1'
	# the child that closes sockets may be the last to be counted
	for p in 1 2 3; do
		await 5 grep -q total "$d/$p"
	done
	awk '$1 == "total" { print FILENAME, $2; sum += $2 }
	    END { print sum; exit sum >= 400 }' "$d"/[123]
}

@test "nothing is loaded that a plain scan does not need" {
	local p

	plain
	for p in prt-targets prt-blast prt-listen; do
		run ldd "$NET_BUILD/bin/$p"
		[[ $status -eq 0 && $output == *libc.so* ]]
		[[ $output != *@(pcap|bpf|dbus|systemd|cares|idn2)* ]]
	done
}

@test "65,535 ports of this machine: each program below 8 MB" {
	plain
	cost prt-targets 127.0.0.1 -p - '|' prt-blast '|' prt-listen --all
	under 8000000
}

@test "65,535 ports over a wire: each program below 8 MB" {
	plain
	cost prt-targets $NET4.0.2 -p - '|' prt-blast -T5 '|' prt-listen --all
	under 8000000
}

@test "a reader that sleeps: the sender waits, and memory stays" {
	local n=$((16 * 65535)) d=$BATS_TEST_TMPDIR

	plain
	# a million results, of which nobody reads any for two seconds
	cost prt-targets 127.0.0.0/28 -p - '|' prt-blast '|' prt-listen '|' \
	    bash -c 'read -rt 2 <> <(:) || :; cat'
	under 8000000
	[[ $(grep -vc '^#' "$d/out") -eq $n ]]
	[[ $(cut -f1,2 "$d/out" | grep -v '^#' | sort -u | wc -l) -eq $n ]]
	[[ $(field recv_drop "$d/out") -eq 0 ]]
}

@test "thirty times the probes take their bitmap and no more" {
	local small

	plain
	on host nft -f - <<-END
	table netdev t {
		chain c {
			type filter hook ingress device "eth0" priority 0;
			ip daddr 198.19.0.0/16 drop
		}
	}
	END
	on scan ip route add 198.19.0.0/16 via $NET4.0.2
	cost prt-targets 198.19.0.0/16 -p 1 '|' \
	    prt-blast --tx mmsg --rate 1M --retries 0 '|' prt-listen
	small=$peak
	cost prt-targets 198.19.0.0/16 -p 1-30 '|' \
	    prt-blast --tx mmsg --rate 1M --retries 0 '|' prt-listen
	# a bit for each, and another half MiB of send times
	paste -d' ' <(echo "$small") <(echo "$peak") |
	    awk '{ print $1, $4 - $2; if ($4 - $2 > 30 * 65536 / 8 + 900000)
	        bad = 1 } END { exit bad }'
}

@test "what the kernel drops is counted, slows the sender, and is asked again" {
	local d=$BATS_TEST_TMPDIR i sender listener drop=0

	mkfifo "$d/pipe"
	# A listener that stands still, as on a machine that is too busy: the
	# ring is full after 8,192 packets.
	for ((i = 0; i < 5 && drop == 0; i++)); do
		on scan timeout 60 bash -o pipefail -c "prt-targets $NET4.0.2 -p - |
		    prt-blast --rate 60k" >"$d/pipe" 3>&- &
		sender=$!
		into scan prt-listen <"$d/pipe" >"$d/out" 3>&- &
		listener=$!
		await 10 test -s "$d/out"
		kill -STOP "$listener"
		read -rt 0.6 <> <(:) || :
		kill -CONT "$listener"
		wait "$sender"
		wait "$listener"
		tail -1 "$d/out"
		drop=$(field recv_drop "$d/out")
	done
	[[ $drop -gt 0 ]]
	[[ $(field complete "$d/out") == 1 ]]
	[[ $(field sent "$d/out") -ge $((65535 + drop)) ]]
	[[ $(field closed "$d/out") -eq 65535 ]]
	[[ $(grep -v '^#' "$d/out" | cut -f2 | sort -u | wc -l) -eq 65535 ]]
}

@test "a stage that waits for hosts sleeps, also when its input has hung up" {
	local log=$BATS_TEST_TMPDIR/cost

	plain
	rules host <<<'tcp dport 1-2000 drop'
	seq -f "$NET4.0.2"$'\t%.0f\ttcp\topen\tsyn-ack' 1000 \
	    >"$BATS_TEST_TMPDIR/in"
	on scan timed -t 2 "$log" cat "$BATS_TEST_TMPDIR/in" '|' \
	    prt-service --parallel 10 >/dev/null || :
	rules host </dev/null
	jq . "$log"
	jq -e '.parts[1] | .user + .sys < 0.15' "$log"
}
