#!/usr/bin/env bats
# Stages on a pipe work at the same time: what one has found, the next begins.

source "${BATS_TEST_DIRNAME:-t}/lib/net.bash"
net_fresh

setup_file() {
	local i

	net_lan scan 6
	for i in 2 3 4 5 6; do
		listen "h$i" tcp:22,80
	done
}

# Lines that go by, each with the time it came.
stamp() {
	while IFS= read -r line; do
		printf '%s %s\n' "$EPOCHREALTIME" "$line"
	done
}

@test "ping, then scan who is up, in one pipeline" {
	local out

	out=$(on scan timeout 100 bash -o pipefail -c "
	    prt-targets $NET4.0.0/26 | prt-blast -s ping | prt-listen |
	    prt-blast -s syn -p 22,23,80 | prt-listen")
	echo "$out"
	[[ $(awk -F'\t' '$4 == "open" { print $1, $2 }' <<<"$out" | sort) == \
	    "$(for i in 1 2 3 4 5 6; do
		[[ $i == 1 ]] || printf '%s\n' "$NET4.0.$i 22" "$NET4.0.$i 80"
	    done)" ]]
	[[ $(awk -F'\t' '$4 == "closed" && $2 == 23' <<<"$out" | wc -l) -ge 5 ]]
}

@test "the second scan has results before the first one ends" {
	local dir=$BATS_TEST_TMPDIR first last

	# The first scan is slowed down; what it finds must not wait for its end.
	on scan timeout 100 bash -o pipefail -c "
	    source '$NET_DIR/t/lib/net.bash'
	    $(declare -f stamp)
	    prt-targets $NET4.0.0/26 | prt-blast -s ping --rate 40 |
	    prt-listen | tee >(stamp >'$dir/up') |
	    prt-blast -s syn -p 22,23,80 | prt-listen | stamp >'$dir/ports'"
	cat "$dir/up" "$dir/ports"
	first=$(awk '$5 == "open" { print $1; exit }' "$dir/ports")
	last=$(awk '/#prt/ && $3 == "stat" { print $1 }' "$dir/up" | tail -1)
	echo "first open port $first, first scan ended $last"
	awk -v a="$first" -v b="$last" 'BEGIN { exit !(a != "" && a < b) }'
}

@test "targets that keep arriving are scanned as they come" {
	local fifo=$BATS_TEST_TMPDIR/in out=$BATS_TEST_TMPDIR/out pid

	mkfifo "$fifo"
	on scan timeout 60 bash -c "prt-blast -s syn -p 22 <'$fifo' |
	    prt-listen >'$out'" 3>&- &
	pid=$!
	exec 9>"$fifo"
	echo "$NET4.0.2" >&9
	await 20 grep -q "^$NET4.0.2	22	tcp	open" "$out"
	echo "$NET4.0.3" >&9
	await 20 grep -q "^$NET4.0.3	22	tcp	open" "$out"
	exec 9>&-
	wait "$pid"
	tail -1 "$out" | grep -q '^#prt	stat.*complete=1'
}

@test "yesterday's results are today's targets" {
	local out

	out=$(on scan timeout 60 bash -o pipefail -c "
	    printf '$NET4.0.2\t22\ttcp\tfiltered\tno-response\tx=1\n' |
	    prt-blast -s syn | prt-listen")
	echo "$out"
	[[ $(awk -F'\t' '!/^#/ { print $1, $2, $4 }' <<<"$out") == \
	    "$NET4.0.2 22 open" ]]
}
