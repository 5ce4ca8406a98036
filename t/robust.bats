#!/usr/bin/env bats
# What goes wrong ends well: the stated exit status, a message that says the
# mend, output that is valid, nothing left behind. KILLS=100 kills that often
# (default 8).

source "${BATS_TEST_DIRNAME:-t}/lib/net.bash"
net_fresh

: "${KILLS:=8}"

setup_file() {
	net_pair scan host
	listen host tcp:22,80
	host lonely
}

# pipe SCRIPT: runs a pipeline on the scanning host; sets $status (the exit
# statuses of its stages), $out (a file) and $err (what it said).
pipe() {
	out=$BATS_TEST_TMPDIR/out
	: >"$out"
	: >"$out.err"
	on "${from:-scan}" timeout -k 5 60 bash -c "out=$out; $1
		echo \${PIPESTATUS[*]} >$out.status" 2>"$out.err" 3>&- || :
	status=$(cat "$out.status")
	err=$(cat "$out.err")
	echo "$1"
	echo "status: $status"
	echo "said: $err"
	tail -3 "$out"
}

# valid FILE: whole lines, each a record; the last one may be cut.
valid() {
	[[ -s $1 ]] || return 0
	if [[ -n $(tail -c1 "$1") ]]; then
		sed -i '$d' "$1"
	fi
	awk -F'\t' '/^#prt\t[a-z]/ { next }
	    NF < 5 || $1 !~ /^[0-9a-f.:]+$/ || $2 !~ /^([0-9]+|-)$/ ||
	    $3 !~ /^(tcp|udp|host)$/ ||
	    $4 !~ /^(open|closed|filtered|unfiltered|open\|filtered|up|down)$/ {
		print "not a record: " $0; bad = 1 }
	    { for (i = 6; i <= NF; i++) if ($i !~ /^[a-z0-9_.-]+=/) {
		print "not a field: " $i; bad = 1 } }
	    END { exit bad }' "$1"
}

# clean: nothing of ours in shared memory, no process of ours.
clean() {
	[[ -z $(ls -A /dev/shm) ]] || { ls -lA /dev/shm; return 1; }
}

gone() {
	! kill -0 "$1" 2>/dev/null
}

# A slow scan in the background: ids in $blast, $listen, output in $out.
slow() {
	out=$BATS_TEST_TMPDIR/out
	rm -f "$out"*
	mkfifo "$out.fifo"
	into scan prt-listen <"$out.fifo" >"$out" 2>"$out.err" 3>&- &
	listen=$!
	into scan prt-blast -s syn -p - --rate "${rate:-3000}" <<<"$NET4.0.2" \
	    >"$out.fifo" 2>>"$out.err" 3>&- &
	blast=$!
}

running() { # running: both sides are past their start
	grep -q . "$out"
}

# A number of milliseconds below $1, the same in every run of the tests.
seed=20261123
random_ms() {
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	ms=$((seed / 7 % $1))
}

nap() {
	read -rt "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))" <> <(:) || :
}

ended() { # ended PID: its status, when it ends in time
	await 20 gone "$1"
	code=0
	wait "$1" || code=$?
	echo "$1 ended with $code"
}

stat_says() { # stat_says FILE complete=N
	tail -1 "$1"
	[[ $(tail -1 "$1") == $'#prt\tstat\t'*"$2"* ]]
}

@test "kill -9 of the sender at any moment" {
	local i

	for ((i = 0; i < KILLS; i++)); do
		slow
		# every other one while they are still finding each other
		random_ms $((i % 2 ? 400 : 25))
		echo "killed after $ms ms"
		nap "$ms"
		kill -KILL "$blast"
		ended "$blast"
		ended "$listen"
		clean
		valid "$out"
		# The listener says that the scan broke.
		if [[ -s $out ]]; then
			[[ $code -eq 4 || $code -eq 1 ]]
			stat_says "$out" complete=0
		fi
	done
}

@test "kill -9 of the listener at any moment" {
	local i

	for ((i = 0; i < KILLS; i++)); do
		slow
		# every other one while they are still finding each other
		random_ms $((i % 2 ? 400 : 25))
		echo "killed after $ms ms"
		nap "$ms"
		kill -KILL "$listen"
		ended "$listen"
		ended "$blast"
		clean
		valid "$out"
	done
}

@test "kill -9 of both at once" {
	local i

	for ((i = 0; i < KILLS; i++)); do
		slow
		random_ms $((i % 2 ? 400 : 25))
		nap "$ms"
		kill -KILL "$listen" "$blast"
		ended "$listen"
		ended "$blast"
		clean
		valid "$out"
	done
}

@test "SIGINT and SIGTERM to the sender: drained, exit 4, complete=0" {
	local sig

	for sig in INT TERM; do
		slow
		await 20 running
		kill -$sig "$blast"
		ended "$blast"
		[[ $code -eq 4 ]]
		ended "$listen"
		clean
		valid "$out"
		stat_says "$out" complete=0
	done
}

@test "SIGINT and SIGTERM to the listener: drained, exit 4, complete=0" {
	local sig

	for sig in INT TERM; do
		slow
		await 20 running
		kill -$sig "$listen"
		ended "$listen"
		[[ $code -eq 4 ]]
		ended "$blast"
		clean
		valid "$out"
		stat_says "$out" complete=0
	done
}

@test "Ctrl-C reaches every stage: all stop, exit 4, complete=0" {
	slow
	await 20 running
	kill -INT "$blast" "$listen"
	ended "$blast"
	[[ $code -eq 4 ]]
	ended "$listen"
	[[ $code -eq 4 ]]
	clean
	valid "$out"
	stat_says "$out" complete=0
}

@test "a reader that leaves: a quiet end of everything" {
	pipe "prt-targets $NET4.0.2 -p 1-3000 | prt-blast | prt-listen |
	    head -1 >\$out"
	[[ -z $err ]]
	[[ $status == "0 0 0 0" ]]
	[[ $(wc -l <"$out") -eq 1 ]]
	clean
	pipe "prt-targets --expand 198.18.0.0/16 -p 80 | head -1 >\$out"
	[[ -z $err ]]
	[[ $status == "0 0" ]]
	[[ $(wc -l <"$out") -eq 1 ]]
}

@test "a full disk: exit 1 and a message" {
	pipe "prt-targets --expand 198.18.0.0/18 -p 80 >/dev/full"
	[[ $status == 1 && $err == prt-targets:*"No space left"* ]]
	pipe "prt-targets $NET4.0.2 >/dev/full"
	[[ $status == 1 && $err == prt-targets:*"No space left"* ]]
	pipe "prt-targets $NET4.0.2 -p 1-2000 | prt-blast | prt-listen >/dev/full"
	[[ $status == "0 "*" 1" && $err == *prt-listen:*"No space left"* ]]
	clean
	pipe "echo $NET4.0.2 22 | prt-blast >/dev/full"
	[[ $status == "0 1" && $err == *prt-blast:*"No space left"* ]]
	clean
	pipe "prt-targets 127.0.0.1 -p 1-2000 | prt-connect --all >/dev/full"
	[[ $status == "0 1" && $err == *prt-connect:*"No space left"* ]]
	pipe "printf '$NET4.0.2\t22\ttcp\topen\tsyn-ack\n' | prt-fmt >/dev/full"
	[[ $status == "0 1" && $err == *prt-fmt:*"No space left"* ]]
}

@test "a disk that fills up: what is on it is valid" {
	mkdir /run/small
	mount -t tmpfs -o size=16k none /run/small
	pipe "prt-targets $NET4.0.2 -p 1-5000 | prt-blast |
	    prt-listen >/run/small/out"
	[[ $status == "0 "*" 1" && $err == *prt-listen:*"No space left"* ]]
	[[ $(stat -c %s /run/small/out) -gt 8000 ]]
	cp /run/small/out "$BATS_TEST_TMPDIR/filled"
	valid "$BATS_TEST_TMPDIR/filled"
	clean
	umount /run/small
}

@test "no privilege: exit 3, the capability and the setcap line" {
	local drop="setpriv --bounding-set -net_raw --inh-caps -all"

	pipe "echo $NET4.0.2 22 | $drop prt-blast >\$out"
	[[ $status == "0 3" && $err == prt-blast:* ]]
	[[ ${err,,} == *cap_net_raw* && $err == *"setcap cap_net_raw"* ]]
	clean
	pipe "echo $NET4.0.2 22 | prt-blast | $drop prt-listen >\$out"
	[[ $status == "0 "*" 3" && $err == *prt-listen:* ]]
	[[ $err == *"setcap cap_net_raw"*prt-listen* ]]
	clean
	pipe "echo $NET4.0.2 22 | $drop prt-connect >\$out"
	[[ $status == "0 0" ]]
	grep -q "^$NET4.0.2	22	tcp	open" "$out"
}

@test "no such interface: exit 1, and how to see which there are" {
	pipe "echo $NET4.0.2 22 | prt-blast -i nosuch0 | prt-listen >\$out"
	[[ $status == "0 1 "* && $err == *prt-blast:*nosuch0* ]]
	[[ $err == *"ip link"* ]]
	clean
}

@test "no route: exit 1, the address, and the mend" {
	from=lonely
	pipe "echo $NET4.7.7 22 | prt-blast | prt-listen >\$out"
	[[ $status == "0 1 4" && $err == *prt-blast:*$NET4.7.7*"no route"* ]]
	[[ $err == *"ip route"* ]]
	# The silence of what was never asked is no result.
	stat_says "$out" complete=0
	[[ $(wc -l <"$out") -eq 1 ]]
	clean
	pipe "echo $NET6:7::7 22 | prt-blast | prt-listen --all >\$out"
	[[ $status == "0 1 4" && $err == *prt-blast:*$NET6:7::7*"no route"* ]]
	stat_says "$out" complete=0
	[[ $(wc -l <"$out") -eq 1 ]]
	clean
}

@test "no route to some: the others are scanned" {
	pipe "printf '$NET4.0.2 22\n198.19.0.1 22\n$NET4.0.2 23\n' |
	    prt-blast | prt-listen >\$out"
	[[ $status == "0 1 "* && $err == *198.19.0.1* ]]
	[[ $(grep -v '^#' "$out" | cut -f2,4 | sort) == $'22\topen\n23\tclosed' ]]
	stat_says "$out" complete=0
	clean
}

@test "a gateway that does not answer: exit 1, its name, the others go on" {
	host astray
	link astray eth0 lonely e2
	addr astray eth0 $NET4.6.1/24
	on astray ip route add default via $NET4.6.254
	from=astray
	pipe "printf '$NET4.7.7 22\n127.0.0.1 22\n' | prt-blast |
	    prt-listen >\$out"
	[[ $status == "0 1 4" && $err == *prt-blast:*$NET4.6.254*eth0* ]]
	[[ $(grep -v '^#' "$out" | cut -f1,2,4) == \
	    $'127.0.0.1\t22\tclosed' ]]
	stat_says "$out" complete=0
	clean
}

@test "a link that is down: exit 1, and the mend" {
	host dark
	link dark eth0 lonely e1
	addr dark eth0 $NET4.9.1/24
	on dark ip link set eth0 down
	from=dark
	pipe "echo $NET4.9.2 22 | prt-blast -i eth0 | prt-listen >\$out"
	[[ $status == "0 1 "* && $err == *prt-blast:*"eth0 is down"* ]]
	[[ $err == *"ip link set eth0 up"* ]]
	clean
	pipe "echo $NET4.9.2 22 | prt-blast | prt-listen >\$out"
	[[ $status == "0 1 "* && $err == *prt-blast:*"interface is down"* ]]
	clean
}

@test "a link that goes down in the middle: it ends, and says so" {
	host here there
	link here eth0 there eth0
	addr here eth0 $NET4.8.1/24
	addr there eth0 $NET4.8.2/24
	net_met here $NET4.8.2
	from=here
	pipe "(nap() { read -rt \$1 <> <(:) || :; }; nap 0.7
	    ip link set eth0 down) &
	    prt-targets $NET4.8.2 -p 1-4000 | prt-blast --rate 2000 |
	    prt-listen >\$out"
	[[ $status == "0 1 "* && $err == *prt-blast:* ]]
	clean
	valid "$out"
	stat_says "$out" complete=0
}

@test "empty input: exit 0, complete=1" {
	pipe "prt-blast </dev/null | prt-listen >\$out"
	[[ $status == "0 0" && -z $err ]]
	stat_says "$out" complete=1
	clean
	# Not even a scan record: that is a sender that failed, not an empty scan.
	pipe "prt-listen </dev/null >\$out"
	[[ $status == 4 && $err == prt-listen:*sender* ]]
	stat_says "$out" complete=0
	pipe "prt-targets </dev/null | prt-connect >\$out"
	[[ $status == "0 0" && -z $err ]]
	pipe "prt-fmt </dev/null >\$out"
	[[ $status == 0 && -z $err ]]
}

@test "a malformed line: its number and the mend, the rest goes on, exit 1" {
	pipe "printf '$NET4.0.2 22\nnonsense!\n$NET4.0.2 23\n' | prt-blast |
	    prt-listen >\$out"
	[[ $status == "0 1 "* && $err == *"prt-blast: stdin:2: "* ]]
	[[ $(grep -v '^#' "$out" | cut -f2 | sort) == $'22\n23' ]]
	clean
	pipe "printf '$NET4.0.2 22\nnonsense!\n$NET4.0.2 23\n' | prt-connect >\$out"
	[[ $status == "0 1" && $err == *"prt-connect: stdin:2: "* ]]
	[[ $(grep -v '^#' "$out" | cut -f2 | sort) == $'22\n23' ]]
	pipe "printf '$NET4.0.2\n300.1.1.1\n$NET4.0.3\n' | prt-targets >\$out"
	[[ $status == "0 1" && $err == *"prt-targets: stdin:2: "* ]]
	[[ $(prt-targets --count <"$out" | tr -dc 0-9) == 2* ]]
	pipe "printf '$NET4.0.2\t1\ttcp\topen\tsyn-ack\n{\"ip\":\n' |
	    prt-fmt -o tsv >\$out"
	[[ $status == "0 1" && $err == *"prt-fmt: stdin:2: "* ]]
	[[ $(wc -l <"$out") -eq 1 ]]
}

@test "--strict stops at the malformed line" {
	pipe "printf '$NET4.0.2 22\nnonsense!\n$NET4.0.2 23\n' |
	    prt-blast --strict | prt-listen >\$out"
	[[ $status == "0 1 "* && $err == *"prt-blast: stdin:2: "* ]]
	[[ $(grep -c "	23	" "$out") -eq 0 ]]
	stat_says "$out" complete=0
	clean
}

@test "privileges are gone before a byte is read" {
	local fifo=$BATS_TEST_TMPDIR/in p pid

	for p in prt-blast prt-listen; do
		rm -f "$fifo"
		mkfifo "$fifo"
		into scan "$p" <>"$fifo" >/dev/null 3>&- &
		pid=$!
		# It waits for input that never comes: what it is now, it stays.
		await 10 grep -q '^CapEff:.0000000000000000$' "/proc/$pid/status"
		grep -E '^(Cap|NoNewPrivs)' "/proc/$pid/status"
		await 10 grep -q '^NoNewPrivs:.1$' "/proc/$pid/status"
		grep -q '^CapPrm:.0000000000000000$' "/proc/$pid/status"
		grep -q '^CapInh:.0000000000000000$' "/proc/$pid/status"
		grep -q '^CapAmb:.0000000000000000$' "/proc/$pid/status"
		kill -KILL "$pid"
		wait "$pid" || :
	done
	clean
}

@test "a usage error: exit 2" {
	pipe "prt-blast --no-such-option </dev/null"
	[[ $status == 2 && $err == prt-blast:* ]]
	pipe "prt-blast -s nosuch </dev/null"
	[[ $status == 2 && $err == prt-blast:*nosuch* ]]
	pipe "prt-listen --no-such-option </dev/null"
	[[ $status == 2 && $err == prt-listen:* ]]
}
