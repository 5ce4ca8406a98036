#!/usr/bin/env bats
# prt-os without a network: databases, and fingerprints that were stored.

bats_require_minimum_version 1.5.0

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	data=$BATS_TEST_DIRNAME/data/os
	cd "$BATS_TEST_TMPDIR" || return 1
}

# named [OPTION...]: IP, system and confidence of what comes from stdin
named() {
	prt-os --db "$data/db" "$@" --match - |
	    prt-fmt -F ip,os,os_conf | sed '1d; s,\r,,'
}

# of KEY: its value in the records of stdin
of() { sed -nE "s/.*\t$1=([^\t]*).*/\1/p"; }

@test "match: what a scanner printed, folded or not" {
	run --separate-stderr prt-os --db "$data/db" --match "$data/alpha"
	assert_success
	assert_equal "$stderr" ''
	assert_equal "${#lines[@]}" 2
	assert_equal "${lines[0]}" "$(printf '%s\t' 192.0.2.7 - host up - \
	    host=alpha.example 'os=Alpha 4.0 - 4.2' os_family=Alpha os_gen=4.X \
	    os_vendor=Alpha 'device_type=general purpose' \
	    os_cpe=cpe:/o:alpha:alpha:4 os_conf=100 os_method=fingerprint)distance=2"
	assert_equal "${lines[1]}" "$(printf '%s\t' 192.0.2.8 - host up - \
	    'os=Beta, a printer' os_family=embedded os_vendor=Maker \
	    device_type=printer os_cpe=cpe:/h:maker:beta os_conf=100 \
	    os_method=fingerprint)distance=1"
}

@test "match: --fingerprint, and records with one are named anew" {
	prt-os --db "$data/db" --fingerprint -j --match "$data/alpha" >first
	run jq -r .os_fp first
	assert_line --index 0 --regexp '^SCAN\(V=7.93%.*\)SEQ\(SP=106%.*%CD=S\)$'
	{ head -n 1 first
	  printf '192.0.2.9\t80\ttcp\topen\tsyn-ack\n#prt\tstat\tcomplete=1\n'
	  tail -n 1 first; } |
	    sed 's/Alpha 4.0 - 4.2/Something else/' >mixed
	run --separate-stderr prt-os --db "$data/db" --match mixed
	assert_success
	assert_equal "${#lines[@]}" 4
	assert_equal "$(cut -f1 <<<"$output" | paste -sd' ')" \
	    '192.0.2.7 192.0.2.9 #prt 192.0.2.8'
	assert_equal "$(of os <<<"$output")" "$(jq -r .os first)"
	refute_output --partial 'Something else'
	# the fingerprint goes when it has not been asked for again
	refute_output --partial os_fp=
}

@test "match: nmap's XML, by way of prt-fmt" {
	prt-os --db "$data/db" --fingerprint --match "$data/alpha" |
	    sed 's/Alpha 4/Something/g; s/Beta/Else/g' | prt-fmt -o xml >nmap.xml
	prt-fmt -o tsv nmap.xml | prt-os --db "$data/db" --match - >out
	assert_equal "$(of os <out)" $'Alpha 4.0 - 4.2\nBeta, a printer'
	assert_equal "$(of distance <out)" $'2\n1'
}

@test "match: nobody's fingerprint makes a meta record" {
	run --separate-stderr prt-os --db "$data/db" --match - \
	    <<<'SEQ(SP=3%GCD=FA00%ISR=A0%TI=I%CI=I%II=I%SS=S%TS=U)T1(R=Y%DF=N%T=80)'
	assert_success
	assert_output --regexp $'^#prt\tmatch\tfile=stdin\tos=Beta, a printer\t'
}

@test "match: what is not alike is not named, but by --guess" {
	sed 's/TI=Z/TI=RD/; s/GCD=1%/GCD=64%/; s/UN=0/UN=1/; s/DFI=N/DFI=Y/' \
	    "$data/alpha" | head -n 18 >odd
	run named <odd
	assert_output 192.0.2.7,,
	# then its fingerprint is there for whoever knows better
	prt-os --db "$data/db" --match odd >out
	grep -q $'\tos_fp=SCAN(' out
	run named --guess <odd
	assert_output --regexp '^192\.0\.2\.7,Alpha 4\.0 - 4\.2,81$'
	run prt-os --db "$data/db" --guess --limit 2 --match odd
	assert_output --regexp \
	    $'\tos_matches=Alpha 4.0 - 4.2 \(81%\),Alpha 3.1 \([78][0-9]%\)\t'
}

@test "match: a host that shows little is not named with confidence" {
	run named <<<'192.0.2.7	-	host	up	-	os_fp=IE(R=Y%DFI=N%T=40%CD=S)'
	assert_output 192.0.2.7,,
	run named --guess \
	    <<<'192.0.2.7	-	host	up	-	os_fp=IE(R=Y%DFI=N%T=40%CD=S)'
	assert_output --regexp '^192.0.2.7,Alpha 4.0 - 4.2 or Alpha 3.1,3[0-9]$'
	# T5 to T7 and U1 without an answer make nobody known either
	run named <<<'192.0.2.7	-	host	up	-	os_fp=U1(R=N)'
	assert_output 192.0.2.7,,
}

@test "match: what cannot be told apart is said at the level of the family" {
	gamma='T1(R=Y%DF=N%T=FE%S=O%A=O%F=AS%RD=0%Q=)IE(R=N)'
	gamma+='SEQ(SP=1%GCD=1%ISR=1%TI=I%CI=I%II=I%TS=U)'
	prt-os --db "$data/db" --match - <<<"$gamma" >out
	assert_equal "$(of os <out)" 'Gamma Sys 1 or 2 or 3'
	assert_equal "$(of os_gen <out)" 1,2,3
	assert_equal "$(of device_type <out)" 'general purpose,firewall'
	assert_equal "$(of os_matches <out)" \
	    'Gamma 1 (100%),Gamma 2 (100%),Gamma 3 (100%)'
	# two are named both
	prt-os --db "$data/db" --match - <<<"${gamma/FE/FB}" >out
	assert_equal "$(of os <out)" 'Gamma 1 or Gamma 2'
}

@test "match: IPv6 has systems of its own" {
	fp='SEQ(SP=FF%GCD=1%ISR=FF%TI=Z%TS=A)ECN(R=Y%CC=Y)T1(R=Y%T=40%S=O%A=S+%F=AS%RD=0%Q=)'
	run named <<<"2001:db8::7	-	host	up	-	os_fp=SCAN(E=6)$fp"
	assert_output '2001:db8::7,Alpha 4 over IPv6,100'
	run named <<<"192.0.2.7	-	host	up	-	os_fp=SCAN(E=4)$fp"
	refute_output --partial IPv6
}

@test "match: what is malformed is told with its line, and the rest goes on" {
	{ cat "$data/alpha"
	  printf 'Nmap scan report for 192.0.2.9\nOS:SCAN(V=1)T9(R\nOS:=N)\n\n'
	  printf '192.0.2.10\t-\thost\tup\t-\tos_fp=T1(R=Y\n'
	  printf '192.0.2.11\t99999\ttcp\n'; } >bad
	run --separate-stderr prt-os --db "$data/db" --match bad
	assert_failure 1
	assert_equal "$(cut -f1 <<<"$output" | paste -sd' ')" \
	    '192.0.2.7 192.0.2.8 192.0.2.10 192.0.2.11'
	assert_equal "$stderr" "prt-os: bad:29: \"T9\" is no name of a \
fingerprint's line; there are SCAN, SEQ, OPS, WIN, ECN, T1 to T7, U1 and IE
prt-os: bad:32: T1 does not end; end it with a parenthesis"
	run --separate-stderr prt-os --strict --db "$data/db" --match bad
	assert_failure 1
	assert_equal "${#lines[@]}" 2
	run --separate-stderr prt-os --db "$data/db" --match - <<<'just words'
	assert_failure 1
	assert_equal "$stderr" "prt-os: stdin: no fingerprint in it: it wants \
lines such as SEQ(...) or OS:SCAN(...), or records with os_fp=, such as prt-fmt -o tsv makes of XML"
	# records of hosts that were all known have none
	run --separate-stderr prt-os --db "$data/db" --match - \
	    <<<$'192.0.2.7\t-\thost\tup\t-\tos=x'
	assert_success
	assert_output $'192.0.2.7\t-\thost\tup\t-\tos=x'
	run --separate-stderr prt-os --db "$data/db" --match nothing
	assert_failure 1
	assert_equal "$stderr" 'prt-os: nothing: No such file or directory'
}

@test "db: a faulty system is told and left out" {
	sed 's/TI=Z%CI=Z/TI=Z%CI=5-4/' "$data/db" >faulty
	run --separate-stderr prt-os --db faulty --match "$data/alpha"
	assert_failure 1
	assert_equal "${#lines[@]}" 2
	refute_line --partial 'Alpha 4.0'
	assert_line --partial 'os=Beta, a printer'
	assert_equal "$stderr" 'prt-os: faulty:14: CI=5-4: the range ends before it starts; write the lower number first'
	run --separate-stderr prt-os --db nothing --match "$data/alpha"
	assert_failure 1
	assert_equal "$stderr" 'prt-os: nothing: No such file or directory'
	run --separate-stderr env PRT_DATADIR="$PWD" prt-os --match "$data/alpha"
	assert_failure 1
	assert_equal "$stderr" "prt-os: $PWD/os-fingerprints: No such file or \
directory: name one with --db, or set PRT_DATADIR"
}

@test "check: tells all that is wrong" {
	run prt-os --check "$data/db"
	assert_success
	assert_output ''
	{ cat "$data/db"
	  printf 'Fingerprint Twin\nClass a|b|c|d\nIE(R=N)\n'
	  printf 'SEQ(TI=I%%CI=I%%II=I%%TS=U)\n'
	  printf 'T1(R=Y%%DF=N%%T=FA-FF%%S=O%%A=O%%F=AS%%RD=0%%Q=)\n'
	  printf 'Fingerprint X\nClass a|b|c|d\nT7(R=Y)\n'
	  printf 'Fingerprint Y\nClass a|b|c\nT7(R=Y)\n'; } >faulty
	run prt-os --check faulty --check "$data/db"
	assert_failure 1
	assert_output "prt-os: faulty:70: a class has four parts; write VENDOR | \
FAMILY | GENERATION | TYPE, of which some may be empty
prt-os: faulty:61: the same tests as line 38, which nothing tells apart; make \
one of both, or add a test
prt-os: faulty:2: T7 has tests of R, without points; write them in MatchPoints"
}

@test "match: privilege is gone before the first line is read" {
	[[ -z ${SANITIZE-} ]] || skip 'sanitizers need what the sandbox refuses'
	mkfifo pipe
	prt-os --db "$data/db" --match - <pipe >out 3>&- &
	pid=$!
	exec 8>pipe
	for _ in {1..100}; do
		! grep -q '^Seccomp:.*2' "/proc/$pid/status" || break
		sleep 0.05
	done
	grep -E '^(CapPrm|CapEff|NoNewPrivs|Seccomp):' "/proc/$pid/status" >caps
	cat "$data/alpha" >&8
	exec 8>&-
	wait "$pid"
	run awk '{ print $1, $2 + 0 }' caps
	assert_output $'CapPrm: 0\nCapEff: 0\nNoNewPrivs: 1\nSeccomp: 2'
	assert_equal "$(wc -l <out)" 2
}

@test "usage: records are wanted on standard input" {
	run prt-os 192.0.2.7
	assert_failure 2
	assert_output --partial 'prt-targets 192.0.2.7 | prt-blast'
	run prt-os --match "$data/alpha" --limit 0
	assert_failure 2
	# shellcheck disable=SC2046 # many words
	run prt-os $(printf -- '--check x%d ' {1..17})
	assert_failure 2
	assert_output --partial "'x17': 16 files at most"
}

@test "stdout: a closed pipe is a quiet end, a full disk none" {
	[ -e /dev/full ] || skip '/dev/full is not there'
	run --separate-stderr bash -c \
	    "prt-os --db '$data/db' --match '$data/alpha' >/dev/full"
	assert_failure 1
	assert_equal "$stderr" 'prt-os: stdout: No space left on device'
	run --separate-stderr bash -c "{ sleep 0.2; prt-os --db '$data/db' \
	    --match '$data/alpha'; echo \$? >status; } | :"
	assert_equal "$stderr" ''
	assert_equal "$(cat status)" 0
}

@test "match: what services said of the host is weighed in" {
	ssh=$'192.0.2.7\t22\ttcp\topen\tx\tproduct=OpenSSH\tversion=9.2p1\tinfo=Debian 2+deb12u3\tos=Linux\tcpe=cpe:/o:debian:debian_linux'
	smb=$'192.0.2.7\t445\ttcp\topen\tx\tos=Windows'
	sed 's/Alpha | Alpha/Linux | Linux/' "$data/db" >db
	# the ports come first, whoever wrote what follows
	{ echo "$ssh"; cat "$data/alpha"; } >in
	prt-os --db db --match in >out
	assert_equal "$(of os <out)" $'Linux\nAlpha 4.0 - 4.2 (Debian 12)\nBeta, a printer'
	assert_equal "$(of os_method <out | head -n 1)" fingerprint,service
	{ echo "$smb"; cat "$data/alpha"; } >in
	prt-os --db db --match in >out
	assert_equal "$(of os <out | sed 1d | head -n 1)" 'Alpha 4.0 - 4.2'
	assert_equal "$(of os_conf <out | head -n 1)" 50
	# of a host without a stack worth naming, they are all that is known
	{ echo "$ssh"
	  printf '192.0.2.7\t-\thost\tup\t-\tos_fp=IE(R=N)\n'; } >in
	prt-os --db db --match in >out
	assert_equal "$(of os <out | tail -n 1)" 'Linux (Debian 12)'
	assert_equal "$(of os_method <out)" service
}

@test "match: what the services that we know say of their host" {
	# each banner is the only service of a host with nothing else to see
	awk -F'\t' '!/^#/ {
		n++
		ip = "10.0." int(n / 256) "." n % 256
		printf "%s\t80\ttcp\topen\tx", ip
		for (i = 3; i <= NF; i++)
			if ($i ~ /^(product|version|info|os|cpe|banner)=/)
				printf "\t%s", $i
		printf "\n%s\t-\thost\tup\t-\ttag=%s\tos_fp=IE(R=N)\n", ip, $2
	}' "$BATS_TEST_DIRNAME"/data/banners/*.tsv >in
	prt-os --db "$data/db" --match in | awk -F'\t' '$3 == "host" {
		tag = os = ""
		for (i = 6; i <= NF; i++) {
			if ($i ~ /^tag=/) tag = substr($i, 5)
			if ($i ~ /^os=/) os = substr($i, 4)
		}
		if (os != "") print os "\t" tag
	}' >said
	(($(wc -l <said) > 60))
	# those that ran here are of Debian 12, the others what they are made as
	run awk -F'\t' '$2 ~ /\(Debian 12\)/ && $1 !~ /^Linux( \(Debian( 12)?\))?$/' said
	assert_output ''
	run awk -F'\t' '$2 ~ /Windows/ && $1 !~ /^Windows/' said
	assert_output ''
	for name in 'Linux (Debian 12)' 'Linux (Ubuntu 22.04)' FreeBSD macOS IOS \
	    RouterOS 'Windows 10 1809 or Server 2019' \
	    'Windows 7 SP1 or Server 2008 R2 SP1'; do
		grep -qF "$name"$'\t' said || fail "nobody is $name"
	done
}
