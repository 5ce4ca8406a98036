#!/usr/bin/env bats
# What README.md shows runs as it stands there: its pipelines, taken from the
# file, scan a small network of 192.168.1.0/24 in a namespace.

source "${BATS_TEST_DIRNAME:-t}/lib/net.bash"
net_fresh

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	blocks "$BATS_TEST_DIRNAME/../README.md"

	host scan h2 h3
	host switch
	on switch ip link add br0 type bridge
	on switch ip link set br0 up
	local i=1 h
	for h in scan h2 h3; do
		link "$h" eth0 switch "p$i"
		on switch ip link set "p$i" master br0
		addr "$h" eth0 "192.168.1.$i/24"
		i=$((i + 1))
	done
	net_met scan 192.168.1.2 192.168.1.3
	listen h2 tcp:80
	listen h3 tcp:22
	# shellcheck disable=SC2034 # spawn() sets it
	local served=
	spawn served h2 services 'banner:22:SSH-2.0-OpenSSH_9.2p1\r\n' \
	    'tls-reply:443:HTTP/1.0 200 OK\r\nServer\: nginx/1.22.1\r\n\r\n' \
	    >ready
	await 10 grep -q ready ready
}

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	cd "$BATS_FILE_TMPDIR" || return 1
}

# blocks FILE: each indented block becomes block.1, block.2, ...
blocks() {
	awk '/^    / {
		if (!inside)
			n++
		inside = 1
		print substr($0, 5) >("block." n)
		next
	}
	{ inside = 0 }' "$1"
}

# block WORDS: the one that holds them.
block() {
	local -a f

	mapfile -t f < <(grep -lF -- "$1" block.*)
	[[ ${#f[@]} -eq 1 ]] || fail "README.md: ${#f[@]} blocks with: $1"
	cat "${f[0]}"
}

# show WORDS: runs that block in the scanning host.
show() {
	local text
	text=$(block "$1")
	echo "# $text" >&2
	run on scan sh -c "$text"
	assert_success
}

@test "prtip at the top" {
	show 'prtip -sV'
	assert_output --partial 'Host is up (localhost-response'
	assert_output --partial '443/tcp'
}

@test "prtip: a network, on the screen and as XML" {
	show 'prtip -sS -F'
	assert_output --regexp '80/tcp +open'
	run xmllint --xpath 'count(//host[status/@state="up"])' scan.xml
	assert_output 3
}

@test "the pipeline at the top" {
	show 'prt-targets 127.0.0.1 -p 22,80,443'
	assert_output --partial 127.0.0.1
	assert_output --partial 443/tcp
}

@test "ping, then the ports of what is up" {
	show 'prt-blast -s ping'
	run awk -F '\t' '$4 == "open" { print $1, $2 }' scan.prt
	assert_line '192.168.1.2 22'
	assert_line '192.168.1.2 80'
	assert_line '192.168.1.3 22'
	run grep -c '^192\.168\.1\.77	' scan.prt
	assert_output 0
}

@test "the report of a saved scan" {
	show 'prt-fmt -o normal <scan.prt'
	assert_output --partial 192.168.1.3
	assert_output --regexp '80/tcp +open'
}

@test "counting hosts by port" {
	show 'sort -rn'
	assert_line --index 0 '2 22'
	assert_line '1 80'
}

@test "scanning yesterday's open ports again" {
	show 'grep -w open scan.prt | prt-connect'
	assert_output ''
	echo 'tcp dport 80 reject with tcp reset' | rules h2
	show 'grep -w open scan.prt | prt-connect'
	assert_output --regexp '^192\.168\.1\.2	80	tcp	closed'
	rules h2 </dev/null
}

@test "what listens, and its version" {
	show 'prt-service <scan.prt'
	assert_output --regexp '22/tcp +open +ssh .* OpenSSH 9.2p1'
	assert_output --regexp '443/tcp +open +ssl/http .* nginx 1.22.1'
}

@test "which system each host has" {
	show '| prt-os |'
	assert_output --regexp '192\.168\.1\.2,"?Linux .*,"?probes'
}

@test "certificates with something wrong" {
	show 'prt-tls --expiring 30d <scan.prt'
	assert_output --regexp '192\.168\.1\.2,443,.*self-signed'
}

@test "the same records for jq" {
	show 'jq -r'
	assert_line '192.168.1.2 80 syn-ack'
}

@test "TCP and UDP of some hosts, as CSV" {
	printf '192.168.1.%d\n' 2 3 >hosts
	echo 192.168.1.3 >never
	show 'prt-targets -f hosts -X never'
	run cat scan.csv
	assert_output --regexp '192\.168\.1\.2,22,tcp,open'
	refute_output --partial 192.168.1.3
}

@test "every night from cron" {
	mount -t tmpfs none /var/lib
	mkdir /var/lib/prt
	block '#!/bin/sh' >/var/lib/prt/nightly
	chmod +x /var/lib/prt/nightly
	echo 192.168.1.2-3 >/var/lib/prt/hosts
	job=$(block '0 3 * * *' | sed 's/^\([^ ]* \)\{5\} *//')
	# the first night all is new
	run on scan sh -c "$job"
	assert_success
	assert_line '+ 192.168.1.2 80/tcp opened'
	assert_line '+ 192.168.1.3 22/tcp opened'
	# then nothing is
	run on scan sh -c "$job"
	assert_success
	assert_output ''
	# until something is
	grep -v $'168.1.2\t80' /var/lib/prt/old >x
	mv x /var/lib/prt/old
	run on scan sh -c "$job"
	assert_success
	assert_output '+ 192.168.1.2 80/tcp opened'
	# a sender that dies is no quiet night
	printf '#!/bin/sh\nexit 1\n' >prt-blast
	chmod +x prt-blast
	PATH=$PWD:$PATH run on scan sh -c "$job"
	assert_failure 1
	assert_line 'scan broke off'
}
