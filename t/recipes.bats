#!/usr/bin/env bats
# The recipes of share/recipes, in a small network of their own; what is not
# packaged, httpx and zgrab2, is a command that shows what it is handed.

source "${BATS_TEST_DIRNAME:-t}/lib/net.bash"
net_fresh

setup_file() {
	net_lan scan 3
	serve h2 'banner:22:SSH-2.0-OpenSSH_9.2p1\r\n' \
	    'tls-reply:443:HTTP/1.0 200 OK\r\nServer\: nginx/1.22.1\r\n\r\n'
	listen h3 tcp:80
}

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	cd "$BATS_TEST_TMPDIR" || return 1
	recipes=$BATS_TEST_DIRNAME/../share/recipes
	export PORTS=22,80,443
	# what is handed over, and by which words
	printf '#!/bin/sh\necho "words: $*" >words\ncat >handed\necho looked\n' >stand-in
	chmod +x stand-in
}

recipe() {
	on scan timeout 60 "$recipes/$1" "${@:2}"
}

@test "the list names each of them" {
	local f

	for f in "$recipes"/*; do
		[[ $f == *.md ]] || grep -q "\`${f##*/}\b" "$recipes/README.md" ||
		    fail "README.md does not name ${f##*/}"
	done
	grep -o '^| `[a-z0-9.-]*' "$recipes/README.md" | tr -d '|` ' |
	    while read -r f; do
		[[ -x $recipes/$f || $f == *.service ]] ||
		    fail "there is no $f"
	done
}

@test "ping-then-scan" {
	run recipe ping-then-scan 198.18.0.0/28
	assert_success
	assert_output --partial 198.18.0.3
	assert_output --regexp '443/tcp +open'
	OUT=hostport run recipe ping-then-scan 198.18.0.2
	assert_line 198.18.0.2:22
}

@test "nightly: silent when nothing has changed" {
	export STATE=$PWD/state DAYS=0
	printf '198.18.0.2\n198.18.0.3\n' >targets
	run recipe nightly targets
	assert_success
	assert_line '+ 198.18.0.2 22/tcp opened ssh OpenSSH 9.2p1'
	assert_line --partial '+ 198.18.0.3 80/tcp opened'
	run recipe nightly targets
	assert_success
	assert_output ''
	# a scan that breaks off is not what the next is held against
	mkdir bin
	printf '#!/bin/sh\nexit 3\n' | tee bin/prt-blast >bin/prt-connect
	chmod +x bin/*
	PATH=$PWD/bin:$PATH run recipe nightly targets
	assert_failure 1
	assert_output --partial 'broke off'
	echo 'tcp dport 22 reject with tcp reset' | rules h2
	MAILTO=root SENDMAIL=$PWD/stand-in run recipe nightly targets
	rules h2 </dev/null
	assert_success
	assert_output looked
	run cat words handed
	assert_line --index 0 'words: -t'
	assert_line 'To: root'
	assert_line --partial -- '- 198.18.0.2 22/tcp closed'
	# two at a time are one too many
	exec 8>"$STATE/lock"
	flock 8
	run recipe nightly targets
	exec 8>&-
	assert_failure 1
	assert_output --partial 'still runs'
}

@test "nightly: the units name what is there" {
	local dir=/usr/share/prt/recipes

	grep -q "^ExecStart=$dir/nightly /etc/prt/targets\$" \
	    "$recipes/prt-nightly.service"
	grep -q '^OnCalendar=\*-\*-\* 03:17:00$' "$recipes/prt-nightly.timer"
	if command -v systemd-analyze >/dev/null; then
		cp "$recipes"/prt-nightly.* .
		sed -i "s,$dir,$recipes," prt-nightly.service
		run systemd-analyze verify ./prt-nightly.timer
		assert_success
	fi
}

@test "inventory: what is new" {
	run recipe inventory scans.db 198.18.0.2-3
	assert_success
	assert_line $'open\t198.18.0.2\t22/tcp\tssh\tOpenSSH 9.2p1'
	assert_line --partial $'open\t198.18.0.3\t80/tcp'
	run recipe inventory scans.db 198.18.0.2-3
	assert_success
	assert_output ''
	echo 'tcp dport 22 reject with tcp reset' | rules h2
	run recipe inventory scans.db 198.18.0.2-3
	rules h2 </dev/null
	assert_output $'closed\t198.18.0.2\t22/tcp\tssh\tOpenSSH 9.2p1'
}

@test "certificates that run out" {
	unset PORTS
	run recipe certificates 0 198.18.0.2
	assert_success
	assert_output ''
	run recipe certificates 100000 198.18.0.2
	assert_failure 1
	assert_output --regexp $'^[0-9]+\t198\\.18\\.0\\.2\t443\t'
}

@test "to-nmap: the open ports, host by host" {
	PORTS=22 run recipe to-nmap 198.18.0.2-3
	assert_success
	assert_output --regexp '22/tcp +open +ssh +OpenSSH 9.2p1'
	run recipe to-nmap 198.18.0.2-3 2001:db8::2 -- -sT
	assert_output --partial 'scan report for 2001:db8::2'
	assert_output --partial 'scan report for 198.18.0.3'
	assert_output --regexp '443/tcp +open +https'
	NMAP=$PWD/stand-in run recipe to-nmap 198.18.0.2 -- -sC -T4
	assert_output looked
	assert_equal "$(cat words)" 'words: -n -Pn -p 22,443 -sC -T4 198.18.0.2'
}

@test "to-httpx: host:port, a line each" {
	HTTPX=$PWD/stand-in run recipe to-httpx 198.18.0.2-3
	assert_output looked
	assert_equal "$(cat words)" 'words: -silent -status-code -title'
	run sort handed
	assert_output $'198.18.0.2:22\n198.18.0.2:443\n198.18.0.3:80'
	HTTPX=$PWD/stand-in run recipe to-httpx 198.18.0.3 -- -json
	assert_equal "$(cat words)" 'words: -json'
}

@test "to-zgrab2: ip,domain,tag,port" {
	ZGRAB2=$PWD/stand-in run recipe to-zgrab2 tls 198.18.0.2 -- --timeout 5s
	assert_output looked
	assert_equal "$(cat words)" 'words: tls --timeout 5s'
	run sort handed
	assert_output $'198.18.0.2,,,22\n198.18.0.2,,,443'
}

@test "report, of whatever scan" {
	recipe inventory scans.db 198.18.0.2-3 >/dev/null
	run recipe report -i sqlite:scans.db
	assert_success
	assert_line $'1\t443/tcp'
	assert_line $'2\t198.18.0.2'
	assert_line $'1\tOpenSSH 9.2p1'
	on scan sh -c "prt-targets 198.18.0.3 -p 80 | prt-connect" >scan.prt
	run recipe report <scan.prt
	assert_line $'1\t198.18.0.3'
}

@test "without the privilege to send, they scan by connections" {
	mkdir bin
	printf '#!/bin/sh\nexit 3\n' >bin/prt-blast
	chmod +x bin/prt-blast
	PATH=$PWD/bin:$PATH run recipe inventory scans.db 198.18.0.3
	assert_success
	assert_line --partial $'open\t198.18.0.3\t80/tcp'
}

@test "who gives them nothing to do is told what they want" {
	local f

	for f in ping-then-scan nightly inventory certificates to-nmap \
	    to-httpx to-zgrab2; do
		run recipe "$f"
		assert_failure 2
		assert_output --partial "usage: $f"
	done
}
