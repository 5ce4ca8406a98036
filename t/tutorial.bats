#!/usr/bin/env bats
# What prt(7) shows runs as it stands there, in its order: its examples, taken from
# the page, in a network of 192.168.1.0/24 in a namespace.

source "${BATS_TEST_DIRNAME:-t}/lib/net.bash"
net_fresh

bats_require_minimum_version 1.5.0

setup_file() {
	local i=1 h

	host scan h2 h3 switch
	on switch ip link add br0 type bridge
	on switch ip link set br0 up
	for h in scan h2 h3; do
		link "$h" eth0 switch "p$i"
		on switch ip link set "p$i" master br0
		addr "$h" eth0 "192.168.1.$i/24"
		i=$((i + 1))
	done
	net_met scan 192.168.1.2 192.168.1.3
	serve h2 'banner:22:SSH-2.0-OpenSSH_9.2p1\r\n' \
	    'tls-reply:443:HTTP/1.0 200 OK\r\nServer\: nginx/1.22.1\r\n\r\n'
	listen h3 tcp:80
}

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	cd "$BATS_FILE_TMPDIR" || return 1
}

# examples: each literal block of the page into example.1, example.2, ..., as it
# reads when it is shown.
examples() {
	awk '/^\.Bd -literal/ { n++; inside = 1; next }
	/^\.Ed/ { inside = 0 }
	inside {
		gsub(/\\e/, "\\")
		gsub(/\\&/, "")
		print >sprintf("example.%02d", n)
	}' "$BATS_TEST_DIRNAME/../man/prt.7"
}

# expect WORDS REGEX [STATUS]: the next example has these words, and prints this.
expect() {
	local file

	file=$(printf 'example.%02d' "$next")
	next=$((next + 1))
	cat "$file"
	grep -qF -- "$1" "$file" || fail "example $((next - 1)) is not: $1"
	run on scan timeout 60 sh -c "$(cat "$file")"
	if [[ -n $2 ]]; then
		assert_output --regexp "$2"
	else
		assert_output ''
	fi
	[[ $status -eq ${3:-0} ]] || fail "status $status"
}

@test "every example of prt(7) does what it says" {
	local next=1 tab=$'\t'

	examples
	expect 'prtip -F 192' '22/tcp +open'
	expect --explain 'prt-targets .*\|.*prt-fmt'
	# and it can be pasted
	run on scan sh -c "$output"
	assert_output --regexp '22/tcp +open'
	expect 'prt-blast | prt-listen | prt-fmt' '443/tcp +open'
	expect 'prt-connect | prt-fmt' '443/tcp +open'
	expect '> scan.prt' ''
	expect 'cut -f' "192.168.1.2${tab}22"
	expect awk '22 1'
	expect 'tail -n 1' 'complete=1'
	expect 'prt-connect | grep' "192.168.1.3${tab}80${tab}tcp${tab}open"
	expect '-s ping | prt-listen' "192.168.1.3$tab-${tab}host${tab}up"
	expect 'top:100' '443/tcp +open'
	expect 'syn,udp' '53/udp +closed'
	expect 'known.prt' ''
	expect '-o normal' 'OpenSSH 9.2p1'
	expect '--only' '192.168.1.2.*nginx.*1.22.1'
	expect '--passive' '[Ll]inux'
	expect 'jq -r' '192.168.1.2 OpenSSH'
	expect 'xml' ''
	run xmllint --noout known.xml
	assert_success
	grep -q '<table' known.html
	grep -q '^192.168.1.2,443' known.csv
	expect 'sqlite3' '192.168.1.2\|22\|ssh'
	expect 'other.xml' 'OpenSSH 9.2p1'
	expect 'prt-diff -o normal' '\+ 192.168.1.3 80/tcp opened' 1
	expect 'change=opened' "192.168.1.3${tab}80${tab}tcp${tab}open"
	expect '--count' 'probes=1671168000'
	expect '--sample' '10\.'
	interrupted
	expect '--resume' ''
	cat part1.prt part2.prt | cut -f1-4 | grep -w open | sort -u |
	    diff - <(printf '192.168.1.%s\ttcp\topen\n' "2${tab}22" \
	    "2${tab}443" "3${tab}80")
	expect '--shard' '^[1-9]'
	expect '--dry-run' '192.168.1.2.*scan=syn'
	expect '-r scan.pcap' "22${tab}tcp${tab}open"
	expect 'tag=office' 'tag=office'
	[[ ! -e $(printf 'example.%02d' "$next") ]] ||
	    fail 'there are more examples than are tried here'
}

# The scan with a checkpoint, which is stopped as soon as it has one.
interrupted() {
	local file text pids

	file=$(printf 'example.%02d' "$next")
	next=$((next + 1))
	text=$(cat "$file")
	grep -qF -- '--checkpoint' "$file"
	into scan timeout -k 20 -s INT 50 sh -c "$text" 3>&- &
	await 20 test -e scan.ck
	mapfile -t pids < <(ip netns pids scan | while read -r p; do
		grep -qxF -e prt-blast -e prt-listen "/proc/$p/comm" && echo "$p"
	done)
	kill -INT "${pids[@]}"
	wait $! || :
	grep -q 'finished=0' scan.ck
}
