#!/usr/bin/env bats
# prtip --checkpoint and --resume: what several runs find together, however they
# ended, is what one run finds.

# shellcheck source=t/lib/net.bash
source "${BATS_TEST_DIRNAME:-t}/lib/net.bash"
net_fresh

scan=(-p 1-700 --max-retries 2 --max-rtt-timeout 100ms)

setup_file() {
	net_lan scan 3
	listen h2 tcp:22,80,600
	listen h3 tcp:443,500
	echo 'tcp dport 650-670 drop' | rules h3
	on scan prtip "${scan[@]}" -q -oJ "$BATS_FILE_TMPDIR/whole" $NET4.0.0/29
}

setup() {
	bats_require_minimum_version 1.5.0
	bats_load_library bats-support
	bats_load_library bats-assert
	cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
	reap "${pid-}"
}

# Results of a report in NDJSON, without what differs between two runs.
results() {
	jq -r 'select(.prt == null) | [.ip, .port, .proto, .state, .reason] |
	    @tsv' "$1" | sort
}

# A scan that is kept, up to where some of its ports are asked; $pid.
begun() {
	spawn pid scan prtip "${scan[@]}" --max-rate 700 --checkpoint kept -q \
	    -oJ out $NET4.0.0/29
	await 20 test -s kept/ports.checkpoint
	await 20 test -s kept/ports.part
}

# What they all must find.
whole() {
	results "$BATS_FILE_TMPDIR/whole"
}

@test "an interrupt: what there is, and then the rest" {
	local s=0

	begun
	kill -INT "$pid"
	wait "$pid" || s=$?
	pid=
	[[ $s -eq 4 ]]
	# the report of what was found until then
	[[ $(results out | wc -l) -lt $(whole | wc -l) ]]
	[[ $(jq -r 'select(.prt == "stat") | .complete' out) == *false* ]]
	run --separate-stderr on scan prtip --resume kept
	assert_success
	[[ -z $stderr ]]
	diff <(whole) <(results out)
	[[ $(jq -r 'select(.prt == "stat") | .complete' out | sort -u) == true ]]
}

@test "killed, all of it and again and again: nothing is missing, or twice" {
	local i

	begun
	for i in 1 2 3; do
		pkill_all
		spawn pid scan prtip --resume kept
		await 20 grown
	done
	pkill_all
	# as a crash leaves it: in the middle of a line
	printf '%s' "$NET4.0.2"$'\t77' >>kept/ports.part
	run on scan prtip --resume kept
	assert_success
	diff <(whole) <(results out)
}

# The whole pipeline at once, as a power cut would.
pkill_all() {
	kill -KILL "$pid" $(pgrep -P "$pid")
	wait "$pid" || :
	size=$(stat -c %s kept/ports.part)
}

grown() {
	(($(stat -c %s kept/ports.part) > size))
}

@test "interrupted before the ports: it begins where it was" {
	local s=0

	# who is up takes its time, since it is asked slowly
	spawn pid scan prtip -sn --max-rate 20 --checkpoint kept -q -oJ out \
	    $NET4.0.0/28
	await 20 test -s kept/hosts.checkpoint
	kill -TERM "$pid"
	wait "$pid" || s=$?
	pid=
	[[ $s -eq 4 ]]
	run on scan prtip --resume kept
	assert_success
	[[ $(results out | grep -c 'up') -eq 3 ]]
}

@test "it goes on from another folder, and only by itself" {
	begun
	kill -INT "$pid"
	wait "$pid" || :
	pid=
	mkdir elsewhere
	run on scan prtip --resume kept -p 80
	assert_failure 2
	assert_output --partial 'leave all else out'
	run on scan sh -c 'cd elsewhere && exec prtip --resume ../kept'
	assert_success
	diff <(whole) <(results out)
	# it is at its end: the report once more
	rm out
	run on scan prtip --resume kept
	assert_success
	diff <(whole) <(results out)
}

@test "what --explain prints is such a scan, in sh" {
	on scan sh -ec "$(on scan prtip "${scan[@]}" --checkpoint kept -q \
	    -oJ out --explain $NET4.0.0/29)"
	diff <(whole) <(results out)
}

@test "usage" {
	run prtip --resume nothing
	assert_failure 1
	assert_output --partial '--resume wants what --checkpoint named'
	mkdir kept
	echo / >kept/command
	run prtip --privileged --checkpoint kept 192.0.2.7
	assert_failure 1
	assert_output --partial '--resume kept goes on'
	run prtip --privileged --checkpoint x -sL 192.0.2.7
	assert_failure 2
	[[ ! -e x ]]
}
