#!/usr/bin/env bats
# prt-service against servers of every kind, the hostile ones first, and against
# shortages. Its database is t/data/services/probes.
# bats file_tags=net

# shellcheck source=t/lib/net.bash
source "$BATS_TEST_DIRNAME/lib/net.bash"
net_fresh

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

export DB=$BATS_TEST_DIRNAME/data/services/probes
SSH='SSH-2.0-OpenSSH_9.2\r\n'
HTTP='HTTP/1.1 200 OK\r\nServer\: nginx/1.22.1\r\n\r\nhello'

# box: loopback only, with all the servers.
setup_file() {
	net_guard
	host box
	serve box "banner:22,2000-2039:$SSH" "ask:80,2040-2079,2222:GET:$HTTP" \
	    close:1002,2080-2089 silent:1001 reset:1003 curt:1004 \
	    flood:1005 drip:1006 binary:1007 echo:1008 alert:1009 \
	    "tls-banner:1010,2090-2094:$SSH" tls-silent:1011 tls-flood:1012 \
	    tls-drip:1013 "serial:1014:GET:$HTTP" "late:1015:$SSH" \
	    tls-close:1016 tls-binary:1017 "tls-ask:443,1018:GET:$HTTP" \
	    'ask:1019:GET:HTTP/1.1 400 Bad Request\r\nServer\: x/1\r\n\r\n' \
	    'banner:21:220 hello\r\n' 'ask:2100:HELP:214 Foo 1.5\r\n' \
	    'ask:1234,1235:rare:rare 7\n' 'ask:1236:middle:yes' \
	    'ask:1237:rare:yes' "banner:1999:$SSH" \
	    'banner:1300:nasty \x1b[31m\t\n#prt\tstat\\\x00\xff' \
	    'udp:5001,2095-2099:world 7' 'udpask:7001:bonjour:monde' \
	    'udp:5003,1998:what?' udpask:5004:nothing:x
	listen box tcp:3000-3003
	echo 'tcp dport 4001 drop' | rules box
}

setup() {
	net_guard
	cd "$BATS_TEST_TMPDIR" || return 1
}

# service ARGUMENT...: the program, in the box and with the tests' database.
service() {
	on box prt-service --db "$DB" "$@"
}

# open PORT...: records of open TCP ports of $at, or 127.0.0.1
open() {
	local p

	for p; do
		printf '%s\t%s\ttcp\topen\tsyn-ack\n' "${at:-127.0.0.1}" "$p"
	done
}

udp() {
	local p

	for p; do
		printf '%s\t%s\tudp\topen|filtered\tno-response\n' \
		    "${at:-127.0.0.1}" "$p"
	done
}

# of PORT [FIELD]: what the file "out" says of it: from column 4 on, or a field.
of() {
	awk -F'\t' -v p="$1" '!/^#/ && $2 == p' out | cut -f4- |
	    if [[ -n ${2-} ]]; then
		tr '\t' '\n' | sed -n "s/^$2=//p"
	    else
		cat
	    fi
}

stat_of() {
	sed -n "s/^#prt\tstat\tby=prt-service.*\t$1=\([^\t]*\).*/\1/p" out
}

# within SECONDS: the last run took no longer. Sanitizers are slow.
within() {
	[[ -n ${SANITIZE-} ]] ||
	    awk -v s="$(stat_of seconds)" -v most="$1" \
		'BEGIN { print s; exit s > most }'
}

plain() {
	[[ -z ${SANITIZE-} ]] || skip "measures the program as it is built"
}

# ---- what is found ----

@test "a banner, an answer, and the same through TLS; IPv4 and IPv6" {
	local at

	for at in 127.0.0.1 ::1 127.9.8.7; do
		open 22 80 443 1010 1018 | sed 's/$/\trtt=0.1/' | service >out
		assert_equal "$(of 22)" $'open\tsyn-ack\trtt=0.1\tservice=ssh\tproduct=OpenSSH\tversion=9.2\tinfo=protocol 2.0\tos=Linux\tcpe=cpe:/a:openbsd:openssh:9.2\tconf=10\tmethod=probed'
		assert_equal "$(of 1010)" "$(of 22)"$'\ttunnel=ssl'
		assert_equal "$(of 80)" $'open\tsyn-ack\trtt=0.1\tservice=http\tproduct=nginx\tversion=1.22.1\tconf=10\tmethod=probed'
		assert_equal "$(of 443)" "$(of 80)"$'\ttunnel=ssl'
		assert_equal "$(of 1018)" "$(of 80)"$'\ttunnel=ssl'
		within 2
	done
	assert_equal "$(stat_of identified)" 5
	assert_equal "$(stat_of complete)" 1
}

@test "UDP: an answer opens a port, an error closes it, silence says nothing" {
	local at

	for at in 127.0.0.1 ::1; do
		udp 5001 5003 5004 7001 5006 >in
		printf '%s %s udp\n' $at 5005 $at 5004 >>in
		service <in >out
		assert_equal "$(of 5001)" $'open\tudp-response\tservice=hello\tproduct=World\tversion=7\tconf=10\tmethod=probed'
		assert_equal "$(of 7001 service)" bonjour
		assert_equal "$(of 5003 banner)" 'what?'
		assert_equal "$(of 5004 | cut -f1,2 | sort -u)" \
		    $'open|filtered\tno-response'
		assert_equal "$(of 5005)" $'closed\tport-unreach'
		assert_equal "$(of 5006)" $'closed\tport-unreach'
		within 5
	done
}

@test "a UDP answer from another port of the host counts, from another host not" {
	cat >server.py <<-'END'
	import socket
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	s.bind(("127.0.0.1", 5008))
	print("ready", flush=True)
	while True:
	    _, a = s.recvfrom(100)
	    for ip, text in ("127.0.0.9", b"world 6"), ("127.0.0.1", b"world 8"):
	        t = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	        t.bind((ip, 0))
	        t.sendto(text, a)
	END
	local pid
	spawn pid box python3 server.py >said
	await 5 grep -q ready said
	udp 5008 | service >out
	reap "$pid"
	assert_equal "$(of 5008 version)" 8
}

@test "a softmatch narrows, a fallback applies, and so does the rarity" {
	open 21 1234 1235 1236 1237 2100 >in
	service <in >out
	# nothing that finds ftp answers
	assert_equal "$(of 21)" $'open\tsyn-ack\tservice=ftp\tconf=10\tmethod=probed'
	assert_equal "$(of 2100 service,product)" ""
	assert_equal "$(of 2100 service) $(of 2100 product)" "ftp Foo"
	assert_equal "$(of 1234 version)" 7	# the port names it
	assert_equal "$(of 1235 method)" table	# nothing does, and 8 > 7
	assert_equal "$(of 1236 service)" middle
	assert_equal "$(of 1237 method)" table
	service --all <in >out
	assert_equal "$(of 1235 version)" 7
	assert_equal "$(of 1237 service)" middle
	service --light <in >out
	assert_equal "$(of 1236 method)" table
	assert_equal "$(of 1234 version)" 7
	service --intensity 5 <in >out
	assert_equal "$(of 1236 service)" middle
}

@test "tcpwrapped, TLS without a word, and names from the table" {
	open 1002 1003 1009 1011 1016 25 7 >in
	service <in >out
	for p in 1002 1003; do
		assert_equal "$(of $p)" $'open\tsyn-ack\tservice=tcpwrapped\tconf=8\tmethod=probed'
	done
	for p in 1009 1011 1016; do
		assert_equal "$(of $p service) $(of $p tunnel)" "ssl ssl"
	done
	assert_equal "$(of 25)" $'closed\tconn-refused'
	udp 5004 53 >in
	service <in >out
	assert_equal "$(of 53)" $'closed\tport-unreach'
}

@test "a web server's 400 is asked by TLS, and stands when there is none" {
	open 1019 | service >out
	assert_equal "$(of 1019 service) $(of 1019 product) $(of 1019 tunnel)" \
	    "http x "
}

@test "TLS that is old, weak or picky; a server there that serves one at a time" {
	command -v openssl >/dev/null || skip "openssl is not installed"
	local p=4100 o pid

	host odd
	openssl req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem \
	    -days 2 -subj /CN=x 2>/dev/null
	while read -r o; do
		# shellcheck disable=SC2086 # several words
		spawn pid odd openssl s_server -quiet -accept $p -cert c.pem \
		    -key k.pem -www $o >/dev/null 2>&1
		await 5 on odd bash -c "exec 3<>/dev/tcp/127.0.0.1/$p"
		p=$((p + 1))
	done <<-'END'
	-tls1 -cipher ALL:@SECLEVEL=0
	-tls1_2 -cipher NULL-SHA256:@SECLEVEL=0
	-tls1_2 -cipher ADH-AES128-SHA:@SECLEVEL=0
	-servername other.example -servername_fatal -cert2 c.pem -key2 k.pem
	-tls1_2 -Verify 1
	-tls1_3 -Verify 1
	END
	open {4100..4105} | sed 's/$/\thost=www.example/' |
	    on odd prt-service --db "$DB" >out
	for p in {4100..4103}; do
		assert_equal "$(of "$p" service) $(of "$p" tunnel)" "http ssl"
	done
	# a certificate of ours is wanted
	for p in 4104 4105; do
		assert_equal "$(of "$p" service) $(of "$p" tunnel)" "ssl ssl"
	done
}

@test "a server with one connection to give is found" {
	open 1014 | service >out
	assert_equal "$(of 1014 service)" http
	within 12
	open 1014 22 | service -T2 >out
	assert_equal "$(of 1014 service)" http
	assert_equal "$(of 22 service)" ssh
}

@test "a banner that takes two seconds is waited for" {
	open 1015 | service >out
	assert_equal "$(of 1015 service)" ssh
	within 3
}

# ---- what servers may do ----

@test "silent, tarpit, flood, drip, binary, echo: bounded time, right verdict" {
	open 1001 1004 1005 1006 1007 1008 1012 1013 1017 >in
	service <in >out
	within 16
	for p in 1001 1004; do
		assert_equal "$(of $p)" $'open\tsyn-ack\tservice=unknown\tconf=3\tmethod=table'
	done
	for p in 1005 1006 1007 1008; do
		assert_equal "$(of $p service) $(of $p conf)" "unknown 3"
		assert [ -n "$(of $p banner)" ]
	done
	assert_equal "$(of 1006 banner)" x
	for p in 1012 1013 1017; do
		assert_equal "$(of $p service) $(of $p tunnel)" "ssl ssl"
	done
	# ESC, TAB, NUL and a forged record
	[[ $(of 1007 banner) == '\x1b]0;owned\x07\t\x00\n#prt\tstat\n'* ]]
	assert_equal "$(wc -l <out)" 10
	LC_ALL=C grep -q '[^[:print:][:space:]]' <(LC_ALL=C tr -d '\200-\377' <out) &&
	    return 1
	prt-fmt --strict -j out >json
	jq -es 'length == 10' json >check
}

@test "what a server says forges nothing, wherever it ends" {
	open 1300 | service --banner >out
	assert_equal "$(wc -l <out)" 2
	assert_equal "$(of 1300 product)" a,b
	[[ $(of 1300 version) == *'\x1b[31m\t\n#prt\tstat'* ]]
	assert_equal "$(of 1300 cpe)" 'cpe:/a:x\x2cy:z,cpe:/o:w'
	assert_equal "$(of 1300 device)" tester
	[[ $(of 1300 banner) == 'nasty '* ]]
	prt-fmt --strict -j out | jq -es '.[0] |
	    .cpe == ["cpe:/a:x\\x2cy:z", "cpe:/o:w"] and .conf == 10' >check
}

@test "--max-bytes and --timeout are kept" {
	open 1005 | service --max-bytes 100 >out
	assert_equal "$(of 1005 service)" unknown
	within 3
	open 1001 1006 | service --timeout 1s >out
	within 1.5
	assert_equal "$(of 1006 banner)" x
	assert_equal "$(stat_of complete)" 1
}

# ---- which records ----

@test "other records pass, and metas keep behind what they were behind" {
	{
		printf '%s\n' $'#prt\tscan\tid=7' '# a comment'
		open 1015
		printf '%s\n' $'192.0.2.1\t-\thost\tup\techo-reply' \
		    $'192.0.2.1\t23\ttcp\tclosed\treset\tx=y' \
		    $'192.0.2.1\t23\tsctp\topen\tinit-ack' 192.0.2.0/24 \
		    $'#prt\tstat\tby=prt-listen'
		open 22
	} >in
	service <in >out
	assert_equal "$(head -1 out)" $'#prt\tscan\tid=7'
	for line in $'192.0.2.1\t-\thost\tup\techo-reply' 192.0.2.0/24 \
	    $'192.0.2.1\t23\ttcp\tclosed\treset\tx=y' \
	    $'192.0.2.1\t23\tsctp\topen\tinit-ack'; do
		grep -qxF "$line" out
	done
	# port 22 speaks two seconds earlier, unless the machine lets it not
	run cut -f2 <(grep -v 192 out)
	[[ $output == $'scan\n22\n1015\nstat\nstat' ||
	    $output == $'scan\n1015\nstat\n22\nstat' ]]
	assert_equal "$(tail -1 out | cut -f3)" by=prt-service
}

@test "targets are asked, every port of them, and become results" {
	printf '%s\n' '127.0.0.1 22 tcp' '127.0.0.2-127.0.0.3 22,23 tcp' \
	    $'127.0.0.1\t80,4001\ttcp\t-\t-\thost=a.example\ttag=t' \
	    '::1 5001,5005 udp # typed' '127.0.0.4 80' >in
	service <in >out
	run awk -F'\t' '!/^#/ { print $1, $2, $3, $4, $5 }' <(sort out)
	assert_output "127.0.0.1 22 tcp open syn-ack
127.0.0.1 4001 tcp filtered no-response
127.0.0.1 80 tcp open syn-ack
127.0.0.2 22 tcp open syn-ack
127.0.0.2 23 tcp closed conn-refused
127.0.0.3 22 tcp open syn-ack
127.0.0.3 23 tcp closed conn-refused
127.0.0.4 80 tcp open syn-ack
::1 5001 udp open udp-response
::1 5005 udp closed port-unreach"
	assert_equal "$(grep -c 'host=a.example.*tag=t' out)" 2
	assert_equal "$(grep -c service= out)" 6
	# results again: what is old gives way
	sed -i 's/service=ssh/service=old\tdevice=old/' out
	grep open out | service >again
	assert_equal "$(grep -c old again)" 0
	assert_equal "$(grep -c service=ssh again)" 3
}

@test "a port that was open and refuses now is closed; a silent one stays" {
	open 9999 4001 | service -T5 >out
	assert_equal "$(of 9999)" $'closed\tconn-refused'
	assert_equal "$(of 4001)" $'open\tsyn-ack\tservice=newoak\tconf=3\tmethod=table' ||
	    assert_equal "$(of 4001 | cut -f1,2)" $'open\tsyn-ack'
	assert_equal "$(stat_of closed) $(stat_of open)" "1 1"
}

@test "excluded ports are not asked, but with --all-ports" {
	{ open 1999; udp 1998; echo 127.0.0.1 1999 tcp; } >in
	service <in >out
	assert_equal "$(stat_of sent)" 0
	assert_equal "$(of 1999 method)" table
	grep -qx $'127.0.0.1\t1999\ttcp' out
	service --all-ports <in >out
	assert_equal "$(of 1999 service | uniq)" ssh
	assert_equal "$(of 1998 | cut -f1)" open
}

@test "NDJSON in and out" {
	open 22 | prt-fmt -j | service -j >out
	jq -es '.[0].service == "ssh" and .[0].conf == 10 and
	    .[0].cpe == ["cpe:/a:openbsd:openssh:9.2"] and
	    .[1].prt == "stat" and .[1].complete' out >check
}

@test "--banner reports what matched, too" {
	open 22 80 | service --banner >out
	assert_equal "$(of 22 banner)" 'SSH-2.0-OpenSSH_9.2\r\n'
	[[ $(of 80 banner) == 'HTTP/1.1 200 OK\r\n'* ]]
}

@test "a server sees the name of the host in the hello" {
	plain	# the leak checker does not go with strace
	printf '%s\n' $'127.0.0.1\t1010\ttcp\topen\tsyn-ack\thost=www.example' |
	    on box strace -f -e trace=write -s 2000 -o trace \
	    prt-service --db "$DB" >out
	assert_equal "$(of 1010 service)" ssh
	grep -q 'www\.example' trace
}

# ---- many at once ----

@test "1,000 conversations at once take less than 64 MB, 50 services 24 MB" {
	plain
	for i in {1..125}; do echo "127.0.3.$i 1001,1011 tcp"; done >in
	on box timed log cat in '|' prt-service --db "$DB" --timeout 4s >out
	assert_equal "$(stat_of open)" 250
	assert [ "$(jq '.parts[1].rss_kib' log)" -lt 64000 ]
	rm log
	for i in {1..5}; do echo "127.0.3.$i 22,80,1010,1018,2000-2005 tcp"; done >in
	on box timed log cat in '|' prt-service --db "$DB" >out
	assert_equal "$(stat_of identified)" 50
	assert [ "$(jq '.parts[1].rss_kib' log)" -lt 24000 ]
}

@test "10,000 endpoints in one run" {
	for i in {1..100}; do
		at=127.0.1.$i open {2000..2094}
		at=127.0.1.$i udp {2095..2099}
	done >in
	on box timed log cat in '|' prt-service --db "$DB" >out
	# a machine that is busy with other tests may be late once in a while
	cut -f6 out | sort | uniq -c | sort -rn | head -4 >sums
	run awk '{ print int(($1 + 40) / 100), $2 }' sums
	assert_output "45 service=ssh
40 service=http
10 service=tcpwrapped
5 service=hello"
	assert [ "$(grep -c tunnel=ssl out)" -gt 460 ]
	within 20
	[[ -n ${SANITIZE-} ]] || assert [ "$(jq '.parts[1].rss_kib' log)" -lt 64000 ]
}

@test "--per-host and --parallel bound how many there are at once" {
	cat >server.py <<-'END'
	import selectors, socket
	s = selectors.DefaultSelector()
	now = most = 0
	for p in range(6000, 6010):
	    l = socket.create_server(("127.0.0.1", p), backlog=100)
	    s.register(l, selectors.EVENT_READ, True)
	print("ready", flush=True)
	while True:
	    for k, _ in s.select():
	        if k.data:
	            c, _ = k.fileobj.accept()
	            s.register(c, selectors.EVENT_READ, False)
	            now += 1
	            if now > most:
	                most = now
	                print(most, flush=True)
	        else:
	            try:
	                d = k.fileobj.recv(4096)
	            except ConnectionError:
	                d = b""
	            if not d:
	                s.unregister(k.fileobj)
	                k.fileobj.close()
	                now -= 1
	END
	local pid o
	for o in "--per-host 3" "--parallel 5"; do
		spawn pid box python3 server.py >said
		await 5 grep -q ready said
		# shellcheck disable=SC2046,SC2086
		open $(seq 6000 6009) | service --timeout 1s $o >out
		reap "$pid"
		assert_equal "$(stat_of open)" 10
		# it may see a new one before the end of an old one
		assert [ "$(tail -1 said)" -le $((${o##* } + 1)) ]
	done
}

@test "fewer files than ports" {
	for i in {1..20}; do echo "127.0.4.$i 22,80,1010 tcp"; done >in
	# shellcheck disable=SC2016 # for the inner shell
	on box bash -c 'ulimit -n 40 && exec prt-service --db "$DB"' <in >out
	assert_equal "$(stat_of identified)" 60
}

@test "input that keeps arriving is served as it comes" {
	mkfifo pipe
	service <pipe >out &
	local pid=$!
	exec 9>pipe
	open 22 >&9
	await 5 grep -q service=ssh out
	open 80 >&9
	await 5 grep -q service=http out
	refute grep -q by=prt-service out
	exec 9>&-
	wait $pid
	assert_equal "$(stat_of identified)" 2
}

@test "a slow reader: nothing is lost, and memory stays" {
	local pad

	plain
	pad=$(printf '%0500d' 0)
	for i in {1..200}; do
		at=127.0.1.$i open {2000..2003} | sed "s/$/\ttag=$pad/"
	done >in
	# shellcheck disable=SC2016
	on box bash -c 'timed log cat in "|" prt-service --db "$DB" |
	    { sleep 2; cat; } >out'
	assert_equal "$(grep -c service=ssh out)" 800
	assert [ "$(jq '.parts[1].rss_kib' log)" -lt 64000 ]
}

# ---- manners ----

@test "it has no privilege and few system calls left" {
	mkfifo pipe
	on box prt-service --db "$DB" <pipe >out &
	local pid=$! p
	exec 9>pipe
	open 22 >&9
	await 5 grep -q service=ssh out
	p=$(pgrep -P $pid prt-service || echo $pid)
	run cat "/proc/$p/status"
	exec 9>&-
	wait $pid
	assert_line $'NoNewPrivs:\t1'
	assert_line --regexp $'^CapEff:\t0+$'
	assert_line --regexp $'^CapPrm:\t0+$'
	if [[ -n ${SANITIZE-} ]]; then
		echo '# sanitizers: no seccomp to look for' >&3
	else
		assert_line $'Seccomp:\t2'
	fi
}

@test "empty input" {
	run --separate-stderr service </dev/null
	assert_success
	assert_output --regexp $'^#prt\tstat\t.*sent=0\t.*complete=1$'
	assert_equal "$stderr" ""
}

@test "a malformed line is named, the rest goes on; --strict stops" {
	{ open 22; echo example.org 80; open 2000; } >in
	run --separate-stderr service <in
	assert_failure 1
	[[ $stderr == "prt-service: stdin:2: "* ]]
	assert_equal "${#stderr_lines[@]}" 1
	assert_output --partial identified=2
	assert_output --partial complete=1
	run --separate-stderr service --strict <in
	assert_failure 1
	assert_output --partial complete=0
	assert_output --partial $'127.0.0.1\t22\ttcp'
}

@test "reserved space is refused, and passes" {
	echo "224.0.0.1 80 tcp" >in
	run --separate-stderr service <in
	assert_failure 1
	[[ $stderr == *"stdin:1: "*"--allow-reserved"* ]]
	assert_line $'224.0.0.1\t80\ttcp'
	assert_output --partial "sent=0"
}

@test "no route is an error, not a silence" {
	printf '%s\n' $'203.0.113.1\t80\ttcp\topen\tsyn-ack' \
	    $'203.0.113.1\t53\tudp\topen|filtered\tno-response' \
	    $'127.0.0.1\t22\ttcp\topen\tsyn-ack' >in
	run --separate-stderr service <in
	assert_failure 1
	assert_equal "${#stderr_lines[@]}" 1
	[[ $stderr == *"cannot send to"*"ip route get"* ]]
	assert_line $'203.0.113.1\t80\ttcp\topen\tsyn-ack'
	assert_line $'203.0.113.1\t53\tudp\topen|filtered\tno-response'
	assert_output --partial $'unreached=2\t'
	assert_output --partial complete=0
}

@test "a full disk is an error, a closed pipe is not" {
	open 22 80 >in
	# shellcheck disable=SC2016
	run on box bash -c 'prt-service --db "$DB" <in >/dev/full'
	assert_failure 1
	assert_output --partial "No space left"
	# shellcheck disable=SC2016
	run on box bash -c 'prt-service --db "$DB" <in | head -n1 >/dev/null
	    echo ${PIPESTATUS[0]}'
	assert_output 0
}

@test "SIGINT and SIGTERM: what is in work as it came, status 4" {
	local sig
	{ open 22 1001; printf '#prt\tstat\tby=x\n'; open 1006; } >in
	for sig in INT TERM; do
		# shellcheck disable=SC2016
		on box bash -c 'prt-service --db "$DB" <in >out 2>err & p=$!
		    sleep 0.7; kill -'$sig' $p; wait $p; echo $? >status'
		assert_equal "$(cat status)" 4
		assert_equal "$(of 22 service)" ssh
		assert_equal "$(of 1001)" $'open\tsyn-ack'
		assert_equal "$(of 1006)" $'open\tsyn-ack'
		assert_equal "$(cut -f2 out | tail -4)" $'1001\nstat\n1006\nstat'
		assert_equal "$(stat_of complete)" 0
		assert_equal "$(cat err)" ""
	done
}

@test "progress, when it is asked for" {
	open 1001 >in
	run --separate-stderr service --timeout 1500ms --progress <in
	[[ $stderr == "prt-service: 0.0 %"* ]]
	run --separate-stderr service --timeout 500ms <in
	assert_equal "$stderr" ""
}

@test "-S and -i choose where questions come from" {
	open 22 | service -S 127.9.9.9 -i lo >out
	assert_equal "$(of 22 service)" ssh
	run service -S 203.0.113.9 </dev/null
	assert_failure 1
	run service -i nosuch0 </dev/null
	assert_failure 1
	run service -S nonsense </dev/null
	assert_failure 2
}

@test "usage" {
	run prt-service 127.0.0.1 </dev/null
	assert_failure 2
	assert_output --partial "records come on stdin"
	run prt-service -T9 </dev/null
	assert_failure 2
	run prt-service --intensity 10 </dev/null
	assert_failure 2
	run prt-service --fields
	assert_success
	assert_line --partial "service"
	assert_line --partial "cpe"
}

@test "--fields names every field that is written" {
	open 22 1010 1300 1007 | service --banner >out
	prt-service --match NULL --db "$DB" </dev/null >>out
	printf 'nasty x' | prt-service --match NULL --db "$DB" >>out
	prt-service --fields | cut -f1 | LC_ALL=C sort >named
	grep -v '^#' out | cut -f6- >pairs
	grep '^#' out | cut -f3- >>pairs
	tr '\t' '\n' <pairs | cut -d= -f1 | LC_ALL=C sort -u >written
	assert_equal "$(comm -23 written named | tr '\n' ' ')" ""
}

# ---- the database ----

@test "--db replaces, --add adds, later ones win" {
	printf '%s\n' 'Probe TCP NULL q||' 'match mine m|^SSH| p/Mine/' >one
	printf '%s\n' 'Probe TCP New q|x|' 'rarity 1' 'ports 80' \
	    'match new m|^HTTP|' >two
	open 22 80 >in
	service --add one <in >out
	assert_equal "$(of 22 product) $(of 80 product)" "Mine nginx"
	on box prt-service --db one <in >out
	assert_equal "$(of 22 product) $(of 80 method)" "Mine table"
	assert_equal "$(prt-service --db one --db two --list-probes | cut -f1)" \
	    $'tcp/NULL\ntcp/New'
	run prt-service --db nosuch </dev/null
	assert_failure 1
	assert_output "prt-service: nosuch: No such file or directory"
}

@test "--check tells every error with its line" {
	run prt-service --check "$DB"
	assert_success
	assert_output ""
	printf '%s\n' 'Probe TCP NULL q||' 'match a m|(|' 'nonsense' \
	    'match b m|x| z/1/' >bad
	run prt-service --check bad --check "$DB"
	assert_failure 1
	assert_line --partial "prt-service: bad:3: "
	assert_line --partial "prt-service: bad:4: "
	sed -i '3,$d' bad
	run prt-service --check bad
	assert_failure 1
	assert_line --partial "prt-service: bad:2: "
	run prt-service --db bad --list-probes
	assert_success
}

@test "prt's own database has no error, and is the default" {
	run prt-service --check "$NET_DIR/share/service-probes"
	assert_success
	assert_output ""
	run prt-service --list-probes
	assert_success
	assert_line --regexp $'^tcp/GetRequest\t1\t18\t[0-9]+\t.*80.*\t.*443'
	prt-service --list-probes | awk -F'\t' 'NF != 6 { exit 1 }'
}

@test "--list-probes" {
	run prt-service --db "$DB" --list-probes
	assert_success
	assert_line $'tcp/NULL\t5\t0\t3\t-\t-'
	assert_line $'tcp/GetRequest\t1\t18\t2\t80,8000-8009\t443'
	assert_line $'udp/Hello\t1\t5\t1\t5000-5009\t-'
}

@test "--match says offline what a port's answer would say" {
	printf 'SSH-2.0-OpenSSH_9.2\r\n' >a
	printf 'HTTP/1.1 200 OK\r\nServer: nginx/1.2\r\n\r\n' >b
	printf 'nothing' >c
	prt-service --db "$DB" --match GetRequest a b c >out
	assert_equal "$(cut -f1-4 out)" "#prt	match	file=a	service=ssh
#prt	match	file=b	service=http
#prt	match	file=c"
	grep -q $'\tline='"$DB:7"$'\tsoft=0$' out
	run prt-service --db "$DB" --match tcp/NULL <c
	assert_output $'#prt\tmatch\tfile=stdin'
	printf '220 x' | prt-service --db "$DB" --match NULL >out
	grep -q $'\tservice=ftp\t.*\tsoft=1$' out
	run prt-service --db "$DB" --match udp/Hello -j <<<'world 3'
	assert_output --partial '"version":"3"'
	run prt-service --db "$DB" --match Nosuch </dev/null
	assert_failure 2
	run prt-service --db "$DB" --match NULL nosuch
	assert_failure 1
}
