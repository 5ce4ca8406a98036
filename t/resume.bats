#!/usr/bin/env bats
# A scan that was stopped or killed goes on where it was: what its runs found
# together is what one run finds, and little is sent twice.

source "${BATS_TEST_DIRNAME:-t}/lib/net.bash"
net_fresh

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
	local pid

	for pid in ${blast-} ${listen-}; do
		kill -9 "$pid" 2>/dev/null || :
	done
	net_offline
}

# begin BLAST-OPTION...: a run in the background, its results behind those of
# the runs before it.
begin() {
	rm -f pipe
	mkfifo pipe
	into scan prt-listen --all <pipe >>out 3>&- 2>listen.err &
	listen=$!
	into scan prt-blast "$@" <"${targets-targets}" >pipe 3>&- 2>blast.err &
	blast=$!
}

# The run ends by itself, as it should.
finish() {
	wait "$blast"
	wait "$listen"
	blast='' listen=''
}

inode() {
	stat -c %i ck 2>/dev/null || echo none
}

changed() {
	[[ $(inode) != "$1" ]]
}

# next_checkpoint: one that is not there now.
next_checkpoint() {
	await 20 changed "$(inode)"
}

gone() {
	[[ ! -e /proc/$1 || $(cut -d' ' -f3 "/proc/$1/stat" 2>/dev/null) == Z ]]
}

# slay: all of it at once, as when the machine loses its power.
slay() {
	kill -9 "$blast" "$listen"
	wait "$blast" "$listen" || :
}

found() {
	grep -v '^#' out | cut -f1-5 | sort -u
}

# stat_of FIELD: of the last run that could say.
stat_of() {
	sed -n "s/^#prt\tstat.*\t$1=\([0-9]*\).*/\1/p" out | tail -1
}

@test "killed at several moments, it finds what one run finds" {
	net_internet scan --seed killed --up 40 --loss 2 --delay 10
	prt-targets 198.19.0.0/22 -p 20-59 >targets
	begin -T4 --rate 15k --checkpoint ck
	next_checkpoint
	next_checkpoint
	slay
	begin -T4 --rate 15k --resume ck
	next_checkpoint
	# only one of them
	kill -9 "$blast"
	wait "$blast" "$listen" || :
	grep -q 'ended before its scan was done' listen.err
	begin -T4 --rate 15k --resume ck
	next_checkpoint
	kill -9 "$listen"
	wait "$blast" "$listen" || :
	begin -T4 --rate 25k --resume ck
	finish
	[[ $(stat_of complete) == 1 ]]
	# 40,960 in all
	(($(stat_of probes) < 40000))
	net_truth -p 20-59 198.19.0.0/22 | sort >truth
	diff truth <(found) | head
	cmp truth <(found)
}

halfway() {
	(($(wc -l <out) > 4000))
}

@test "stopped by ^C at once, it goes on from there" {
	net_internet scan --seed stopped --up 60
	prt-targets 198.19.4.0/24 -p 1-60 >targets
	begin -T4 --rate 4k --checkpoint ck
	# more than a checkpoint has yet seen: what stops it has one of its own
	await 20 halfway
	kill -INT "$blast" "$listen"
	wait "$blast" || [[ $? == 4 ]]
	wait "$listen" || [[ $? == 4 ]]
	begin -T4 --rate 20k --resume ck
	finish
	(($(stat_of probes) < 12000))
	net_truth -p 1-60 198.19.4.0/24 | sort >truth
	cmp truth <(found)
}

@test "discovery, by several probes a host, and UDP" {
	local t

	net_internet scan --seed several --up 50 --ping 50 --udp open=30
	prt-targets 198.19.8.0/23 >targets
	for t in ping udp; do
		rm -f out ck
		begin -T4 --rate 700 -s "$t" -p 53,123 --checkpoint ck
		next_checkpoint
		next_checkpoint
		slay
		run ! grep -q 'complete=1' out
		begin -T5 --rate 20k -s "$t" -p 53,123 --resume ck
		finish
		found >parts
		rm out
		begin -T5 --rate 20k -s "$t" -p 53,123
		finish
		# which of a host's probes was answered first is chance
		cut -f1-4 parts | sort -u >a
		found | cut -f1-4 | sort -u >b
		diff a b | head
		cmp a b
	done
}

@test "input that came in batches" {
	local targets=feed

	net_internet scan --seed batches --up 60
	prt-targets 198.19.16.0/28 -p 1-300 | sed 's/$/\ttag=one/' >one
	prt-targets 198.19.17.0/25 -p 1-99 | sed 's/$/\ttag=two/' >two
	prt-targets 198.19.18.0/28 -p 7 | sed 's/$/\ttag=three/' >three
	mkfifo feed
	begin -T4 --rate 2k --checkpoint ck
	exec 7>feed
	cat one >&7
	await 20 grep -q 'lines=1' ck
	cat two >&7
	# the first is done, and the second, which takes longer, is not
	first_done() {
		! grep -q 'batch.first=1' ck && grep -q 'batch.first=2' ck
	}
	await 40 first_done
	slay
	exec 7>&-
	cat one two three >targets
	targets=targets
	begin -T4 --rate 20k --resume ck
	finish
	{
		net_truth -p 1-300 198.19.16.0/28 | sed 's/$/\tone/'
		net_truth -p 1-99 198.19.17.0/25 | sed 's/$/\ttwo/'
		net_truth -p 7 198.19.18.0/28 | sed 's/$/\tthree/'
	} | sort >truth
	grep -v '^#' out | awk -F'\t' -v OFS='\t' '{ t = ""
	    for (i = 6; i <= NF; i++) if (sub(/^tag=/, "", $i)) t = $i
	    print $1, $2, $3, $4, $5, t }' | sort -u >got
	diff truth got | head
	cmp truth got
}

@test "more than 16,777,216 probes are scanned in parts" {
	net_internet scan --seed parts --up 60
	on scan ip route add unreachable 10.9.0.0/16
	{ prt-targets 10.9.0.0/16 -p 1-256
	prt-targets 198.19.20.0/24 -p 1-256 | sed 's/$/\ttag=x/'; } >targets
	begin -T4 --rate 10k --checkpoint ck
	in_second() {
		grep -q '^#prt.batch.*base=16777216' ck
	}
	await 60 in_second
	slay
	begin -T4 --rate 60k --resume ck
	# the first part is without a way, and says so at the end
	wait "$blast" || [[ $? == 1 ]]
	wait "$listen" || [[ $? == 4 ]]
	net_truth -p 1-256 198.19.20.0/24 | sort >truth
	diff truth <(found) | head
	cmp truth <(found)
	grep -q 'tag=x' out
}

# refused WHY BLAST-OPTION...: with a message and without a packet.
refused() {
	local why=$1

	rm -f out
	shift
	begin "$@"
	wait "$blast" && return 1
	wait "$listen" || :
	cat blast.err
	grep -qe "$why" blast.err
	[[ $(stat_of sent) == ?(0) ]]
}

@test "another scan, and a damaged file, are refused" {
	net_internet scan --seed refused
	prt-targets 198.19.0.0/24 -p 1-99 >targets
	prt-targets 198.19.1.0/24 -p 1-99 >>targets
	begin -T4 --rate 2k --checkpoint ck --seed one
	next_checkpoint
	slay
	cp ck good
	# not this option, nor how fast it goes
	refused 'that scan had -s syn, and this one has ack' -s ack --resume ck
	refused 'that scan had -p -, and this one has 22' -p 22 --resume ck
	refused 'that scan had --shard 1/1' --shard 1/2 --resume ck
	refused 'that scan had --in-order 0' --in-order --resume ck
	refused 'another --seed' --seed two --resume ck
	refused 'No such file' --resume nowhere
	refused 'cannot be written' --checkpoint no/where
	refused 'leave --checkpoint and --resume out' --dry-run --resume ck
	cp targets whole
	sed -i 's/198.19.1.0/198.19.2.0/' targets
	refused 'not the targets of that scan' --resume ck
	head -1 whole >targets
	refused 'not the targets of that scan' --resume ck
	{ cat whole; echo 198.19.3.1 80 tcp; } >targets
	refused 'not the targets of that scan' --resume ck
	cp whole targets
	for damage in 's/lines=2/lines=1/' 's/pos=[1-9]/pos=0/' '6,99d' '1,3d' \
	    's/^#prt.end/#prt\tEnd/'; do
		sed "$damage" good >ck
		! cmp -s good ck || continue
		refused 'it is no checkpoint, or was damaged' --resume ck
	done
	: >ck
	refused 'it is no checkpoint' --resume ck
	# the same seed is no other scan, and what was finished is
	cp good ck
	begin -T5 --rate 50k --resume ck --seed one
	finish
	grep -q 'finished=1' ck
	refused 'came to its end' --resume ck
	[[ ! -e ck.new ]]
}

@test "without prt-listen, and to who may not write the folder" {
	net_internet scan --seed alone
	prt-targets 198.19.0.0/24 -p 1-99 >targets
	# where the output is no pipe, nobody is asked what was written
	on scan prt-blast -T5 --rate 50k --checkpoint ck <targets >records
	grep -q 'finished=1' ck
	if [[ $NET_UID -eq 0 ]]; then
		# root's folder, and prt-blast has given up root by then
		chmod 700 .
		rm ck
		begin -T5 --rate 50k --checkpoint ck
		finish
		grep -q 'finished=1' ck
	fi
}
