#!/usr/bin/env bats
# Captures judged again: the same results as when they were live; and what is
# not the capture or the records of a scan.

# shellcheck disable=SC2016 # scripts of other shells
bats_require_minimum_version 1.5.0
source "${BATS_TEST_DIRNAME:-t}/lib/ground.bash"
source "${BATS_TEST_DIRNAME:-t}/lib/net.bash"
net_fresh

setup_file() {
	ground pair
}

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	cd "$BATS_TEST_TMPDIR" || return 1
	both="$(ground_addr pair 4)
$(ground_addr pair 6)"
}

# live TARGETS ARG...: a scan that keeps everything: in scan.rec, scan.pcap and
# live.prt.
live() {
	local targets=$1

	shift
	on scan bash -c 'echo "$0" | prt-blast -T4 --retries 1 "$@" |
	    tee scan.rec | prt-listen --all --pcap scan.pcap >live.prt' \
	    "$targets" "$@"
}

# What a result says, but for the round-trip time: that is not in a capture.
# Another capture of the same packets has times of its own.
results() {
	grep -v '^#' "$1" | sed 's/\trtt=[^\t]*//' |
	    if [[ -n ${capture-} ]]; then
		sed 's/\ttime=[^\t]*//'
	    else
		cat
	    fi | sort
}

# Judged again from the capture, into again.prt.
again() {
	prt-listen -r "${capture:-scan.pcap}" --all <scan.rec >again.prt
}

same() {
	[[ -n $(results live.prt) ]]
	diff <(results live.prt) <(results again.prt)
}

same_again() {
	again && same
}

@test "every TCP type, both families: the same from the capture" {
	for s in syn ack window maimon fin null xmas flags:SF; do
		live "$both" -s $s -p 22-34
		again
		same
		assert_equal "$(results again.prt | wc -l)" 26
	done
}

@test "UDP, with its ICMP errors: the same from the capture" {
	live "$both" -s udp -p 22-34
	again
	same
	results again.prt | grep -q $'\topen\tudp-response\t'
	results again.prt | grep -q $'\tclosed\tport-unreach\t'
	results again.prt | grep -q $'\topen|filtered\tno-response$'
}

@test "discovery, with link addresses: the same from the capture" {
	for s in ping arp,ndp icmp-echo icmp-timestamp syn-ping,ack-ping \
	    udp-ping; do
		live "$both
$NET4.0.77" -s $s
		again
		same
	done
	live "$both" -s arp,ndp
	again
	same
	assert_equal "$(grep -c $'\tmac=..:..:..:..:..:..' again.prt)" 2
}

@test "several types and batches at once, from a source port, in a shard" {
	live "$both" -s syn,fin,udp,icmp-echo -p 22-34 -g 53
	again
	same
	live "$both" -s syn -p 22-34 --shard 2/3 --seed s
	again
	same
	assert_equal "$(results again.prt | wc -l)" 9
	: >scan.rec
	on scan bash -c '{ echo "$0 22-26"
		for i in {1..100}; do
			grep -q "^#prt.plan" scan.rec && break
			sleep 0.05
		done
		echo "$0 27-34"; } |
	    prt-blast --retries 0 | tee scan.rec |
	    prt-listen --all --pcap scan.pcap >live.prt' "$NET4.0.2"
	[[ $(grep -c '^#prt.plan' scan.rec) -eq 2 ]]
	again
	same
}

@test "names and tags are on the results again" {
	live "$NET4.0.2	22,23	tcp	-	-	host=a.example	tag=x" -s syn
	again
	same
	assert_equal "$(grep -c 'host=a.example.*tag=x' again.prt)" 2
}

@test "a capture that tcpdump made on the wire, our probes in it" {
	[[ $NET_UID -eq 0 ]] ||
	    skip 'run by root, tcpdump wants to be another user, who does not exist here'
	for how in "eth0 EN10MB" "any LINUX_SLL2"; do
		rm -f wire.pcap
		spawn pid scan tcpdump -i "${how% *}" -y "${how#* }" -U -n \
		    -w "$PWD/wire.pcap" 2>/dev/null
		await 5 test -s wire.pcap
		live "$both" -s syn,udp,icmp-echo -p 22-34 --retries 3
		# tcpdump may be behind
		capture=wire.pcap
		await 10 same_again || same
		reap "$pid"
		# the same file as pcapng
		if command -v editcap >/dev/null; then
			editcap -F pcapng wire.pcap wire.pcapng
			capture=wire.pcapng
			again
			same
		fi
	done
}

@test "another scan's records prove nothing of this one's answers" {
	live "$both" -s syn,udp,icmp-echo -p 22-34
	mv scan.pcap first.pcap
	live "$both" -s syn,udp,icmp-echo -p 22-34
	capture=first.pcap again
	run grep -cP '\t(open|closed|up)\t' again.prt
	assert_output 0
	grep -qP '^#prt\tstat\t.*\tanswered=0\t.*\tinvalid=[1-9]' again.prt
}

@test "--open, -j and the sums are as for a live scan" {
	live "$NET4.0.2" -s syn -p 22-34
	prt-listen -r scan.pcap --open <scan.rec >open.prt
	results live.prt | grep -P '\topen\t' | diff - <(results open.prt)
	prt-listen -r scan.pcap -j <scan.rec | prt-fmt -o tsv >json.prt
	results live.prt | grep -vP '\tfiltered\t' |
	    diff - <(results json.prt)
	sums() {
		grep '^#prt.stat' "$1" | tr '\t' '\n' |
		    grep -E '^(id|probes|sent|answered|open|closed|filtered|complete)='
	}
	diff <(sums live.prt) <(sums open.prt)
}

@test "a capture that breaks off: what came before is judged, exit 1" {
	live "$NET4.0.2" -s syn -p 22-34
	head -c -10 scan.pcap >cut.pcap
	run --separate-stderr prt-listen -r cut.pcap <scan.rec
	assert_failure 1
	[[ $stderr == *'cut.pcap: '*'is judged' ]]
	assert_line --regexp '^#prt.stat.*complete=0'
	printf '%s\n' "$output" >cut.prt
	[[ -n $(results cut.prt) ]]
	run comm -13 <(results live.prt) <(results cut.prt)
	assert_output ''
}

@test "scan records that are not whole: exit 1, and what is to be saved" {
	live "$NET4.0.2" -s syn -p 22-34
	for lines in '/^#prt.stat/d' '1,$d'; do
		run --separate-stderr prt-listen -r scan.pcap \
		    < <(sed "$lines" scan.rec)
		assert_failure 1
		[[ $stderr == *'save all of'* ]]
		refute_output --partial syn-ack
	done
	# a plan that lost a piece, or grew one, is not the sender's
	for lines in '/\tscan=syn/d' '/\tscan=syn/s/22-34/22-35/' \
	    '/^#prt.scan/d'; do
		run --separate-stderr prt-listen -r scan.pcap \
		    < <(sed "$lines" scan.rec)
		assert_failure 1
		[[ $stderr == *'stdin:'*'whole and unchanged'* ]]
		refute_output --partial syn-ack
	done
}

@test "saved records are no scan to listen to" {
	live "$NET4.0.2" -s syn -p 22
	run --separate-stderr on scan prt-listen <scan.rec
	assert_failure 1
	[[ $stderr == *'-r FILE.pcap'* ]]
}

@test "judging a capture needs no privilege" {
	live "$NET4.0.2" -s syn -p 22
	run --separate-stderr setpriv --bounding-set -all prt-listen \
	    -r scan.pcap <scan.rec
	assert_success
	assert_line --partial $'\topen\tsyn-ack'
}

@test "what passes through comes out unchanged" {
	live "$NET4.0.2" -s syn -p 22
	printf '%s\n' $'#prt\tnote\tk=v' \
	    $'192.0.2.9\t-\thost\tup\techo-reply\tx=y' \
	    $'#prt\tstat\tid=other\tby=prt-listen\tcomplete=1' >extra
	cat extra scan.rec | prt-listen -r scan.pcap >out
	head -n 3 out | diff extra -
	# a stat of another prt-blast is not this one's
	printf '#prt\tstat\tid=other\tby=prt-blast\tcomplete=1\tkey=%032d\n' 1 |
	    cat scan.rec - | prt-listen -r scan.pcap >out
	grep -q $'\topen\tsyn-ack' out
}

@test "the capture has the answers, whole, and nothing else" {
	command -v tshark >/dev/null || skip "no tshark here"
	live "$NET4.0.2" -s syn,udp -p 22-34
	run --separate-stderr bash -c 'tshark -nr scan.pcap -o ip.check_checksum:TRUE \
	    -Y "ip.dst != 198.18.0.1 or _ws.short or _ws.malformed" | wc -l'
	assert_output --regexp '^ *0$'
	n=$(tshark -nr scan.pcap 2>/dev/null | wc -l)
	grep -q $'\treceived='"$n"$'\t' live.prt
}
