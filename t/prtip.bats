#!/usr/bin/env bats
# prtip: nmap's command line, the pipeline that it becomes, and how that runs.
# That the results are nmap's: prtip-nmap.bats.

# shellcheck source=t/lib/net.bash
source "${BATS_TEST_DIRNAME:-t}/lib/net.bash"
net_fresh

setup_file() {
	net_pair scan host
	echo 'tcp dport 25 drop' | rules host
	listen host tcp:22,80 udp:53
	on scan true
}

setup() {
	bats_require_minimum_version 1.5.0
	bats_load_library bats-support
	bats_load_library bats-assert
	bats_load_library bats-file
	cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
	reap "${pid-}"
}

# plan ARGUMENT...: the pipeline, its programs divided by " | ".
plan() {
	prtip --privileged --explain "$@" | tr -s '\n ' ' ' | sed 's/ $//'
}

# blast ARGUMENT...: what the last prt-blast of it is told.
blast() {
	plan "$@" 192.0.2.7 | tr '|' '\n' | sed -n 's/ *$//; s/^ *prt-blast //p' |
	    tail -n1
}

# refused MESSAGE ARGUMENT...: a usage error that says so.
refused() {
	run --separate-stderr prtip --privileged "${@:2}"
	[[ $status -eq 2 && -z $output ]]
	[[ $stderr == "prtip: "*"$1"* ]] || {
		echo "$stderr"
		return 1
	}
}

# ---- the plan ----

@test "without options: who is up, the usual ports, a report" {
	run plan 192.0.2.0/24
	assert_output "prt-targets -4 --first 192.0.2.0/24 | prt-blast -s ping |\
 prt-listen --all | prt-blast -s syn | prt-listen --all |\
 prt-names | prt-fmt -o normal"
	run plan -n 192.0.2.0/24
	assert_output --partial "prt-listen --all | prt-fmt -o normal"
}

@test "every spelling of an option is the same option" {
	local want

	# ... but where the command line itself is told
	spelled() {
		plan "$@" | sed "s/ --args '[^']*'//"
	}
	want=$(spelled -p 80 -n -sS -T4 -oX f 192.0.2.7)
	[[ $want == *'prt-blast -s syn -T4 -p 80 '* ]]
	for a in '-np80 -sS -T 4 -oX f' '-p 80 -n -s S -T4 -oX f' \
	    '-n -p 80 --timing aggressive -oX f' '-p 80 -nT4 --oX f' \
	    '-p80 -n -T4 -oX=f' '-np80 -T4 -oX f' '-n -p 80 --tim 4 -oX f'; do
		# shellcheck disable=SC2086
		run spelled $a 192.0.2.7
		assert_output "$want"
		# shellcheck disable=SC2086
		run spelled 192.0.2.7 $a
		assert_output "$want"
	done
	[[ $(blast --max_rate 100) == '-s syn --rate 100' ]]
	[[ $(blast -max-rate=100) == '-s syn --rate 100' ]]
	[[ $(blast -v -vv -v2 -sS) == '-s syn' ]]
}

@test "scan types, alone and together" {
	[[ $(blast -sU) == '-s udp' ]]
	[[ $(blast -sSU) == '-s syn,udp' ]]
	[[ $(blast -sU -sS) == '-s syn,udp' ]]
	[[ $(blast -sA) == '-s ack' ]]
	[[ $(blast -sW) == '-s window' ]]
	[[ $(blast -sM) == '-s maimon' ]]
	[[ $(blast -sF) == '-s fin' ]]
	[[ $(blast -sN) == '-s null' ]]
	[[ $(blast -sX) == '-s xmas' ]]
	[[ $(blast --scanflags SYNFIN) == '-s flags:FS' ]]
	[[ $(blast --scanflags 0x12) == '-s flags:SA' ]]
	[[ $(blast --scanflags none -sU) == '-s flags:,udp' ]]
	[[ $(plan -Pn -sT -p 1 192.0.2.7) == *'| prt-connect -p 1 --all |'* ]]
	[[ $(plan -Pn -sTV 192.0.2.7) == *'| prt-connect --all | prt-service | '* ]]
}

@test "ports" {
	[[ $(blast -p-) == '-s syn -p -' ]]
	[[ $(blast -p -) == '-s syn -p -' ]]
	[[ $(blast -F) == '-s syn -p top:100' ]]
	[[ $(blast -r) == '-s syn --in-order' ]]
	[[ $(blast --top-ports 7) == '-s syn -p top:7' ]]
	[[ $(blast -sSU -p T:22,U:53) == '-s syn,udp -p T:22,U:53' ]]
	[[ $(blast -p 'http*,[-100]') == "-s syn -p 'http*,[-100]'" ]]
	[[ $(blast --exclude-ports 22,80) == "-s syn -p 'top:1000,^22,^80'" ]]
	[[ $(blast -sSU -F --exclude-ports T:22,80,U:53) == \
	    "-s syn,udp -p 'top:100,^T:22,^T:80,^U:53'" ]]
}

@test "discovery" {
	[[ $(blast -sn) == '-s ping' ]]
	[[ $(blast -sn -PE -PP -PM) == \
	    '-s ping --ping icmp-echo,icmp-timestamp,icmp-mask' ]]
	[[ $(blast -sn -PS22,80 -PA) == '-s ping --ping syn-ping:22,'*':80' ]]
	[[ $(blast -sn -PS22 -PS25) == \
	    '-s ping --ping syn-ping:22,syn-ping:25' ]]
	[[ $(blast -sn -PU53 -PE) == '-s ping --ping icmp-echo,udp-ping:53' ]]
	[[ $(blast -sn -PU) == '-s ping --ping udp-ping:40125' ]]
	[[ $(blast -sn -PR) == '-s arp,ndp' ]]
	[[ $(blast -sn -6 -PR) == '-s ndp' ]]
	[[ $(plan -Pn 192.0.2.7) != *ping* ]]
	[[ $(plan -P0 192.0.2.7) != *ping* ]]
	[[ $(blast -Pn) == '-s syn --neighbours' ]]
	[[ $(plan -sL 192.0.2.0/30) == \
	    'prt-targets -e -4 --first 192.0.2.0/30 | prt-names --all |'\
' prt-fmt -o targets' ]]
	[[ $(plan -sL -n 192.0.2.0/30) == \
	    'prt-targets -e -4 --first 192.0.2.0/30 | prt-fmt -o targets' ]]
}

@test "rates, ways and what is found out" {
	[[ $(blast --min-rate 5 --max-rate 10k --max-retries 2 -T5) == \
	    '-s syn -T5 --rate 10000 --min-rate 5 --retries 2' ]]
	[[ $(blast --max-rtt-timeout 1.5) == '-s syn --max-rtt 1500000us' ]]
	[[ $(blast --scan-delay 1.5s) == '-s syn --delay 1500000us' ]]
	[[ $(blast --scan-delay 10ms --max-rate 5) == '-s syn --rate 5' ]]
	[[ $(blast --max-rate 2.5) == '-s syn --rate 2' ]]
	[[ $(blast -e lo -S 192.0.2.1 -g 53 --ttl 3) == \
	    '-s syn -i lo -S 192.0.2.1 -g 53 --ttl 3' ]]
	[[ $(plan -A -Pn -T4 192.0.2.7) == \
	    *'| prt-service -T4 | prt-tls -T4 | prt-os -T4 |'* ]]
	[[ $(plan -O --fuzzy -S 192.0.2.1 192.0.2.7) == \
	    *'--all | prt-os -S 192.0.2.1 --guess | prt-names |'* ]]
	[[ $(prtip --unprivileged --explain -A 192.0.2.7) == \
	    *'| prt-os --passive |'* ]]
	[[ $(plan -sV --version-light 192.0.2.7) == *'service --intensity 2 |'* ]]
	[[ $(plan -sV --version-all --allports 192.0.2.7) == \
	    *'service --intensity 9 --all-ports |'* ]]
}

@test "targets" {
	[[ $(plan -iL - --exclude 192.0.2.1,192.0.2.9 -6 a.example) == \
	    'prt-targets -6 --first -x 192.0.2.1,192.0.2.9 -f - a.example |'* ]]
	[[ $(plan --dns-servers 192.0.2.1,192.0.2.2 a.example) == \
	    'prt-targets -4 --first --dns-server 192.0.2.1,192.0.2.2 a.example |'*\
'| prt-names --dns-server 192.0.2.1,192.0.2.2 | prt-fmt'* ]]
	[[ $(plan -R -sn 192.0.2.7) == *'| prt-names --all | prt-fmt'* ]]
	[[ $(plan -n -A 192.0.2.7) != *prt-names* ]]
	[[ $(plan --resolve-all a.example) == 'prt-targets a.example |'* ]]
	[[ $(plan '192.0.2.1-3,7' '10.*.0.1') == \
	    "prt-targets -4 --first 192.0.2.1-3,7 '10.*.0.1' |"* ]]
}

@test "outputs: one stream for all of them" {
	[[ $(plan -oX - 192.0.2.7) == \
	    *"| prt-fmt -o xml --args 'prtip --privileged -oX - 192.0.2.7'" ]]
	[[ $(plan -n -oX f -q 192.0.2.7) == \
	    *"--all | prt-fmt -o xml --args 'prtip --privileged -n -oX f -q 192.0.2.7' >f" ]]
	[[ $(plan -n -oX f 192.0.2.7) == *'--all | { tee -ip /dev/fd/3 |'\
" prt-fmt -o xml --args 'prtip --privileged -n -oX f 192.0.2.7' 3>&- >f; } 3>&1 |"\
' prt-fmt -o normal' ]]
	[[ $(plan -oA "a b" -oJ - 192.0.2.7) == *">'a b.nmap'; }"*\
"-o xml --args 'prtip "*" 3>&- >'a b.xml'; }"*"gnmap --args 'prtip --privileged -oA '"*\
" 3>&- >'a b.gnmap'; }"*'prt-fmt -o ndjson' ]]
	[[ $(plan --open -v 192.0.2.7) == *'prt-fmt -o normal --open --down' ]]
}

# ---- what is refused ----

@test "what nmap has and this has not says what to use instead" {
	local a n=0

	while read -r a; do
		# shellcheck disable=SC2086
		refused ' is not there: ' $a 192.0.2.7
		n=$((n + 1))
	done <<-'END'
	--script=default
	--script vuln
	-sC
	-sI 192.0.2.9
	-sO
	-sY
	-D RND:5
	-f
	-b 192.0.2.9
	--system-dns
	--osscan-limit
	--max-os-tries 2
	--traceroute
	--mtu 24
	--data-length 20
	--spoof-mac 0
	--badsum
	--min-parallelism 10
	--max-hostgroup 5
	-d
	-d3
	-oS f
	--append-output
	-iR 5
	-PO
	-PY80
	END
	[[ $n -eq 26 ]]
}

@test "what cannot be meant is said before anything is sent" {
	refused "no option --nonsense" --nonsense 192.0.2.7
	refused "-sQ: no such scan" -sQ 192.0.2.7
	refused "-PQ: no such discovery" -PQ 192.0.2.7
	refused "ports end at 65535" -p 70000 192.0.2.7
	refused "no port has this name" -p nonsense 192.0.2.7
	refused "ends before it starts" -p 9-3 192.0.2.7
	refused "UDP ports are scanned by -sU" -p U:53 192.0.2.7
	refused "-sU scans UDP ports" -sSU -p T:80 192.0.2.7
	refused "one scan type of TCP" -sS -sA 192.0.2.7
	refused "-sT does not go with -sU" -sTU 192.0.2.7
	refused "-sn scans no ports: leave out -p" -sn -p 80 192.0.2.7
	refused "leave out -sV" -sn -sV 192.0.2.7
	refused "-sL" -sL -sn 192.0.2.7
	refused "-Pn takes that for granted" -sn -Pn 192.0.2.7
	refused "-F and -p" -F -p 80 192.0.2.7
	refused "--version-intensity wants -sV" --version-intensity 3 192.0.2.7
	refused "--osscan-guess wants -O" --osscan-guess 192.0.2.7
	refused "wants a whole number from 0 to 9" -sV --version-intensity 12 \
	    192.0.2.7
	refused "wants 0 to 5" -T9 192.0.2.7
	refused "--min-rate is above" --min-rate 10 --max-rate 5 192.0.2.7
	refused "-n looks up no names" -nR 192.0.2.7
	refused "wants names of FIN" --scanflags SYNFOO 192.0.2.7
	refused "--scanflags goes with -sS" --scanflags SYN -sA 192.0.2.7
	refused "wants ports from 1 to 65535" -PS0 192.0.2.7
	refused "-PU0: wants ports" -PU0 192.0.2.7
	refused "-PE takes no ports" -PE80 192.0.2.7
	refused "two outputs to standard output" -oX - -oG - 192.0.2.7
	refused "two outputs to one file" -oX f -oN f 192.0.2.7
	refused "300.0.2.1" 300.0.2.1
	refused "the port goes to -p" 192.0.2.7:80
	refused "-q shows nothing" -q 192.0.2.7
	refused "--exclude 1.2.3.400" --exclude 1.2.3.400 192.0.2.7
	refused "-p wants a value" 192.0.2.7 -p
}

@test "files that cannot be read or written, and no such interface" {
	run prtip --privileged -oX no/such/file 192.0.2.7
	assert_failure 1
	assert_output 'prtip: cannot write no/such/file: No such file or directory'
	run prtip --privileged -iL missing
	assert_failure 1
	assert_output 'prtip: -iL missing: No such file or directory'
	run prtip --privileged --excludefile missing 192.0.2.7
	assert_failure 1
	run prtip --privileged -e nosuch0 192.0.2.7
	assert_failure 1
	assert_output --partial 'no such interface'
}

@test "a file is kept when the command line is refused" {
	echo precious >f
	run prtip --privileged -oX f -p 70000 192.0.2.7
	assert_failure 2
	[[ $(cat f) == precious ]]
}

@test "no targets: 0 hosts, and no failure" {
	run prtip --privileged -sS
	assert_success
	assert_output --partial '0 hosts are scanned'
	: >empty
	run on scan prtip -n -iL empty
	assert_success
	assert_output --partial '0 hosts in this report'
}

# ---- runs ----

@test "a scan, on the screen and in every file" {
	run --separate-stderr on scan prtip -p 22-25,80 -oA all -oJ all.json \
	    $NET4.0.2
	assert_success
	[[ -z $stderr ]]
	assert_line --regexp '^22/tcp +open +ssh +syn-ack'
	assert_line --regexp '^25/tcp +filtered +smtp +no-response'
	diff <(printf '%s\n' "$output") all.nmap
	xmllint --noout all.xml
	[[ $(xmllint --xpath 'count(//port)' all.xml) -eq 5 ]]
	grep -q "^Host: $NET4.0.2 ()	Ports: 22/open/tcp" all.gnmap
	[[ $(jq -c 'select(.state == "open") | .port' all.json | sort) == \
	    $'22\n80' ]]
	[[ $(jq -r 'select(.prt == "stat") | .complete' all.json | sort -u) == \
	    true ]]
}

@test "what --explain prints does the same, in sh" {
	local line

	for a in "-p 22-25,80 -oX x -oG - --open" "-sSU -p 22-25,53 -oJ - -oN x" \
	    "-sn -v -oX x -oN -"; do
		# shellcheck disable=SC2086
		on scan prtip $a --max-retries 1 --max-rtt-timeout 300ms \
		    $NET4.0.2 | strip >ours
		strip <x >ours.x
		# shellcheck disable=SC2086
		line=$(on scan prtip $a --max-retries 1 \
		    --max-rtt-timeout 300ms $NET4.0.2 --explain)
		on scan sh -c "$line" | strip >theirs
		diff ours theirs
		diff ours.x <(strip <x)
		[[ -s ours && -s ours.x ]]
	done
}

# What differs between two runs of one scan.
strip() {
	sed -E 's/(time|start|starttime|endtime|elapsed|timestr|startstr|summary)="[^"]*"//g
	    s/"(time|rtt|seconds|rate|id|attempt|sent|received|duplicate)":[^,}]*//g
	    s/[0-9.]+ s latency//; s/^ .*//; /^#/d' | sort
}

@test "without the privilege it says so, and connects" {
	run --separate-stderr on scan setpriv --bounding-set -net_raw \
	    prtip -p 22-24 $NET4.0.2
	assert_success
	[[ $stderr == *'without CAP_NET_RAW'* ]]
	assert_line --regexp '^Host is up \((conn-refused|syn-ack)'
	assert_line --regexp '^22/tcp +open +ssh +syn-ack'
	run --separate-stderr on scan setpriv --bounding-set -net_raw \
	    prtip -sU $NET4.0.2
	assert_failure 3
	[[ $stderr == *'-sU needs CAP_NET_RAW'*setcap* ]]
}

@test "targets that do not resolve: the others are scanned, and it shows" {
	run --separate-stderr on scan timeout 60 prtip -p 22 \
	    nosuch.invalid $NET4.0.2
	assert_failure 1
	assert_line --regexp '^22/tcp +open'
	[[ $stderr == *nosuch.invalid* ]]
}

@test "-A: services, TLS and systems of what was found" {
	run on scan prtip -A -p 22,23 -oX - $NET4.0.2
	assert_success
	[[ $(xmllint --xpath 'count(//port)' - <<<"$output") -eq 2 ]]
	[[ $(xmllint --xpath 'count(//host/os)' - <<<"$output") -eq 1 ]]
	run on scan prtip -A -p 22,23 $NET4.0.2
	assert_line --partial 'os scan complete'
	assert_line --partial 'tls scan complete'
}

@test "--scan-delay keeps packets apart" {
	local how

	for how in -sS -sT; do
		on scan prtip $how -n -Pn -p 1-5 --scan-delay 100ms -q -oJ x \
		    $NET4.0.2
		[[ $(jq -r 'select(.prt == "stat") | .seconds >= 0.4 and
		    .sent >= 5' x) == true ]]
	done
}

@test "names stay with their addresses" {
	run on scan prtip -p 22 -oJ - localhost
	assert_success
	assert_line --partial '"host":"localhost"'
}

@test "a full disk: status 1, and the other outputs are whole" {
	run --separate-stderr on scan prtip -p 22-24 -oX /dev/full -oG g \
	    $NET4.0.2
	assert_failure 1
	[[ $stderr == *'No space left'* ]]
	assert_line --regexp '^22/tcp +open'
	grep -q 'Ports: 22/open' g
	grep -q '^# Nmap done' g
}

@test "a reader that leaves is a quiet end" {
	run --separate-stderr on scan bash -c "prtip -p- $NET4.0.2 -oJ - |
	    head -n1; echo \${PIPESTATUS[0]}"
	assert_success
	assert_line --index 1 0
	[[ -z $stderr ]]
}

# slow VAR ARGUMENT...: a scan that takes its time, in the background, once it
# sends.
slow() {
	spawn "$1" scan prtip -Pn -p- --max-rate 50 -oX x -q "${@:2}" $NET4.0.2
	await 10 pgrep -P "${!1}" -x prt-fmt
}

@test "an interrupt reaches all of it, and what was found is written" {
	local sig s

	for sig in INT TERM; do
		slow pid
		kill -$sig "$pid"
		s=0
		wait "$pid" || s=$?
		pid=
		[[ $s -eq 4 ]]
		xmllint --noout x
		grep -q 'exit="error"' x
	done
}

@test "who dies is named, and the report is there" {
	local s=0

	spawn pid scan prtip -Pn -p- --max-rate 50 -oX x -q $NET4.0.2 2>err
	await 10 pgrep -P "$pid" -x prt-fmt
	await 10 pgrep -P "$pid" -x prt-listen
	kill -KILL "$(pgrep -P "$pid" -x prt-listen | head -n1)"
	wait "$pid" || s=$?
	pid=
	[[ $s -eq 1 ]]
	grep -q '^prtip: prt-listen died of signal 9' err
	xmllint --noout x
}

# ---- templates ----

@test "templates: below the command line, the user's before prt's" {
	mkdir -p cfg/prt/templates
	export XDG_CONFIG_HOME=$PWD/cfg
	[[ $(blast --template quick) == '-s syn -T4 -p top:100' ]]
	[[ $(blast --template quick -p 80 -T2) == '-s syn -T2 -p 80' ]]
	[[ $(blast -p 80 --template=quick) == '-s syn -T4 -p 80' ]]
	[[ $(blast --template discovery) == '-s ping' ]]
	[[ $(blast --template discovery -sS) == '-s syn' ]]
	[[ $(plan --template thorough 192.0.2.7) == \
	    *'-p - |'*'| prt-service -T4 | prt-tls -T4 | prt-os -T4 |'* ]]
	printf '# mine\n-p 1,2 # only these\n--exclude "192.0.2.1,192.0.2.2"' \
	    >cfg/prt/templates/quick
	[[ $(plan --template quick 192.0.2.7) == \
	    *'-x 192.0.2.1,192.0.2.2 192.0.2.7 |'*'-s syn -p 1,2 |'* ]]
	run prtip --list-templates
	assert_success
	assert_line --index 0 --regexp '^quick +mine$'
	for a in web-servers databases quick thorough discovery ssl-only \
	    admin-panels mail-servers file-shares; do
		assert_line --regexp "^$a +[a-z]"
	done
}

@test "templates: every one is a command line, and says what it is" {
	local f n=0

	for f in "$NET_DIR"/share/templates/*; do
		head -n1 "$f" | grep -q '^# [a-z0-9]'
		run prtip --privileged --explain --template "${f##*/}" 192.0.2.7
		assert_success
		n=$((n + 1))
	done
	[[ $n -ge 12 ]]
}

@test "templates that are not there, or not right" {
	mkdir -p cfg/prt/templates
	export XDG_CONFIG_HOME=$PWD/cfg
	refused 'there is none' --template nope 192.0.2.7
	refused 'there is none' --template ../quick 192.0.2.7
	echo '-sS 192.0.2.9' >cfg/prt/templates/a
	refused 'names targets' --template a 192.0.2.7
	echo '--nonsense' >cfg/prt/templates/a
	refused 'no option --nonsense' --template a 192.0.2.7
	echo "-p '80" >cfg/prt/templates/a
	refused 'is not closed' --template a 192.0.2.7
	echo "--template b" >cfg/prt/templates/a
	refused 'name a template' --template a 192.0.2.7
}

# ---- how far it is ----

# screen KEYS ARGUMENT...: on a terminal on which these keys are typed, each once
# the line says that ports are scanned; status last.
screen() {
	local keys=$1 k

	shift
	rm -f typed
	mkfifo typed
	on scan script -qfec "prtip $* $NET4.0.2; echo status \$?" seen \
	    <typed >/dev/null 2>&1 3>&- &
	pid=$!
	exec 9>typed
	await 20 grep -aq 'ports: .*ETA' seen
	for k in $keys; do
		case $k in
		enter)	printf '\n' >&9
			await 20 grep -aq 'prtip: 0:[0-9:]* ports: ' seen ;;
		p)	printf p >&9
			await 20 grep -aq 'prtip: 0:[0-9:]* paused, ports' seen ;;
		go)	printf p >&9
			await 20 grep -aq 'prtip: 0:[0-9:]* ports' seen ;;
		+)	printf + >&9
			await 20 grep -aq 'ceiling x2, ports' seen ;;
		-)	printf -- - >&9
			await 20 grep -aq 'ceiling x0.5, ports' seen ;;
		rest)	# while it is paused nothing goes on
			await 20 lasts ;;
		q)	printf q >&9 ;;
		esac
	done
	wait "$pid"
	pid=
	exec 9>&-
}

# The line has said the same six times.
lasts() {
	local said

	said=$(grep -ao 'paused, ports: [0-9.]* %' seen | tail -6)
	(($(wc -l <<<"$said") == 6 && $(sort -u <<<"$said" | wc -l) == 1))
}

@test "on a terminal: a line for all of it, and keys" {
	screen 'enter p rest go - q' -Pn -p- --max-rate 500
	grep -aq $'\r0:00:0[0-9].* ports: [0-9.]* %, [0-9,]*/s, [0-9]* found.*ETA.*\e\\[K' seen
	grep -aq 'prtip: stops' seen
	grep -aq 'status 4' seen
	# no program shows a line of its own, and none stands in the report
	run ! grep -aq 'prt-blast: [0-9]' seen
	[[ $(sed -n '/Scan report/,$p' seen | grep -ac $'\e\\[K') -eq 0 ]]
}

@test "a key makes it faster: the ceiling is another" {
	screen '+ q' -Pn -p- --max-rate 200
	grep -aq 'status 4' seen
}

@test "--stats-every says it to whoever reads standard error" {
	run --separate-stderr on scan prtip -Pn -p 1-300 --max-rate 200 -q \
	    -oX x --stats-every 300ms $NET4.0.2
	assert_success
	[[ $(grep -c '^prtip: 0:00:0[0-9] ports: .*/s, ' <<<"$stderr") -ge 2 ]]
}

@test "a large and fast scan asks first, on a terminal" {
	asked() {
		rm -f seen
		on scan timeout 20 script -qec "prtip -Pn -p 80 $*; echo status \$?" \
		    /dev/null <<<n >seen
	}
	# no way leads there from here
	asked 8.0.0.0/14
	grep -q '262144 public addresses, at up to 10000 packets' seen
	grep -q 'nothing was sent' seen
	grep -q 'status 4' seen
	for a in "8.0.0.0/16" "--max-rate 500 8.0.0.0/14" "10.0.0.0/14" \
	    "--yes 8.0.0.0/14"; do
		asked "$a"
		run ! grep -q 'public addresses' seen
		grep -q 'there is no route' seen
	done
}

@test "--packet-trace shows what is sent and heard" {
	run --separate-stderr on scan prtip --packet-trace -p 22,23 $NET4.0.2
	assert_success
	grep -Eq "^SENT [0-9.]+ arp who has $NET4.0.2\$" <<<"$stderr"
	grep -Eq "^RCVD [0-9.]+ arp $NET4.0.2 is at [0-9a-f:]{17}\$" <<<"$stderr"
	grep -Eq "^SENT [0-9.]+ tcp $NET4.0.1:6[0-9]+ > $NET4.0.2:22 S ttl=64 " \
	    <<<"$stderr"
	grep -Eq "^RCVD [0-9.]+ tcp $NET4.0.2:22 > $NET4.0.1:6[0-9]+ SA ttl=64 " \
	    <<<"$stderr"
	grep -Eq "^RCVD [0-9.]+ tcp $NET4.0.2:23 > .* RA ttl=64 " <<<"$stderr"
	run --separate-stderr on scan prtip --packet-trace -sU -6 -p 54 $NET6::2
	grep -Eq "^SENT [0-9.]+ udp \[$NET6::1]:6[0-9]+ > \[$NET6::2]:54 " \
	    <<<"$stderr"
	grep -Eq "^RCVD [0-9.]+ icmp6 $NET6::2 > $NET6::1 type=1 code=4 .* of a packet to \[$NET6::2]:54\$" <<<"$stderr"
}

@test "--iflist" {
	run on scan prtip --iflist
	assert_success
	assert_line --regexp "^eth0 +$NET4.0.1/24 +ethernet +up +1500 +[0-9a-f:]{17}\$"
	assert_line --regexp "^eth0 +$NET6::1/64 "
	assert_line --regexp "^$NET4.0.0/24 +eth0 +0 *\$"
}
