#!/usr/bin/env bats
# prt-fmt: what it writes for other programs, byte for byte and in the hands of
# those programs; and which records it writes.

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	data=$BATS_TEST_DIRNAME/data/fmt
	export PRT_DATADIR=$BATS_TEST_DIRNAME/../share
	TAB=$'\t'
	others='xml gnmap masscan-list masscan-ndjson naabu zgrab hostport
	    targets md ecs html'
	cd "$BATS_TEST_TMPDIR" || return 1
}

# result PORT STATE REASON [FIELD...]: a line about 192.0.2.7
result() {
	local IFS=$TAB
	printf '%s\n' "192.0.2.7$TAB$1${TAB}tcp$TAB$2$TAB$3${4:+$TAB${*:4}}"
}

# valid FILE: by nmap's own definition of its XML
valid() {
	local dtd=/usr/share/nmap/nmap.dtd

	command -v xmllint >/dev/null || skip 'no xmllint'
	[ -r "$dtd" ] || skip 'no nmap.dtd'
	xmllint --noout --dtdvalid "$dtd" "$1"
}

@test "golden: the formats of other programs" {
	for o in normal $others; do
		prt-fmt -o "$o" "$data/rich.prt" >out
		diff -u "$data/rich.$o" out
	done
}

@test "xml: valid for nmap.dtd, whatever the hosts said" {
	prt-fmt -o xml "$data/rich.prt" >out
	valid out
	prt-fmt -o xml "$data/scan.prt" >out
	valid out
	prt-fmt --all -o xml "$data/scan.prt" >out
	valid out
	prt-fmt -o xml /dev/null >out
	valid out
	{
		result 23 open syn-ack 'banner=</script>&amp;"\x00]]>'
		result 22 open syn-ack $'a<b>"=\ufffe' $'ü=\U1f600' conf=11 cpe=,,
		printf '%s\n' "192.0.2.7${TAB}1${TAB}icmp${TAB}open${TAB}-" \
		    "192.0.2.7$TAB-${TAB}host${TAB}up${TAB}-${TAB}odd=<&>"
	} >in
	prt-fmt -o xml in >out
	valid out
	run xmllint --xpath 'string(//script[@id="banner"]/@output)' out
	assert_output '</script>&amp;"\x00]]>'
}

@test "xml: more than 25 ports alike are one element with their list" {
	for i in {1..30}; do result "$i" closed reset; done >in
	for i in {31..60}; do result "$i" closed conn-refused; done >>in
	result 80 open syn-ack >>in
	prt-fmt -o xml in >out
	valid out
	run xmllint --xpath 'count(//port)' out
	assert_output 1
	run xmllint --xpath 'string(//extraports/@count)' out
	assert_output 60
	run xmllint --xpath 'string(//extrareasons[2]/@ports)' out
	assert_output 31-60
	prt-fmt --all -o xml in >out
	run xmllint --xpath 'count(//port)' out
	assert_output 61
}

@test "xml: says whether the scan ran to its end, when that is known" {
	exits() { xmllint --xpath 'string(//finished/@exit)' "$1"; }
	command -v xmllint >/dev/null || skip 'no xmllint'
	prt-fmt -o xml "$data/rich.prt" >out
	assert_equal "$(exits out)" success
	grep -v '#prt.stat' "$data/rich.prt" | prt-fmt -o xml >out
	assert_equal "$(exits out)" error
	valid out
	grep -v '#prt' "$data/rich.prt" | prt-fmt -o xml >out
	assert_equal "$(exits out)" ''
}

@test "xml, gnmap: when a scan was, though nobody answered" {
	printf '#prt\tstat\tid=1\ttime=1764000010.5\tseconds=9.5\tcomplete=1\n' >in
	run prt-fmt -o xml in
	assert_line --partial 'start="1764000001" startstr="Mon Nov 24 16:00:01 2025"'
	assert_line --partial '<finished time="1764000010"'
	run prt-fmt -o gnmap in
	assert_line --index 0 --partial 'initiated Mon Nov 24 16:00:01 2025'
	assert_line --index 1 --partial 'done at Mon Nov 24 16:00:10 2025'
	# when nothing tells it, it is the time of the report
	before=$(date +%s)
	run prt-fmt -o xml <<<"192.0.2.7${TAB}22${TAB}tcp${TAB}open"
	[[ $output =~ 'finished time="'([0-9]+) ]]
	[ "${BASH_REMATCH[1]}" -ge "$before" ]
}

@test "xml, gnmap: --args names whose scan it is" {
	result 22 open syn-ack >in
	prt-fmt -o xml --args $'prtip -p "22" \'a<b\' \n&c' in >out
	valid out
	run xmllint --xpath 'string(/nmaprun/@args)' out
	assert_output --partial "prtip -p \"22\" 'a<b'"
	run prt-fmt -o gnmap --args $'prtip a\nHost: forged' in
	assert_line --index 0 --partial 'as: prtip a Host: forged'
}

@test "reports: what tells of a stack is for prt-os, and not in them" {
	result 22 open syn-ack win=64240 mss=1460 wscale=7 tcpopts=MSTNW \
	    df=1 ipid=1234 >in
	for o in normal xml html; do
		run prt-fmt -o "$o" in
		assert_success
		assert_output --partial 22
		refute_output --partial MSTNW
		refute_output --partial ipid
	done
	run prt-fmt -o csv --columns win,tcpopts in
	assert_line --partial 64240,MSTNW
}

@test "reports: what denies or repeats is left out, dates can be read" {
	result 443 open syn-ack tls=yes tls_version=tls12 expired=1 \
	    self_signed=0 subject_cn=a.example subject_dn=CN=a.example \
	    not_after=1792914054 >in
	result 80 open syn-ack tls=no tls_reason=not-tls >>in
	result 25 open syn-ack tls=no tls_reason=refused subject_cn=b.example >>in
	for o in normal html; do
		run prt-fmt -o "$o" in
		assert_success
		assert_output --partial 'not_after: 2026-10-25T07:40:54Z'
		assert_output --partial 'expired: 1'
		assert_output --partial 'tls_reason: refused'
		assert_output --partial 'subject_cn: b.example'
		refute_output --partial self_signed
		refute_output --partial 'subject_cn: a.example'
		refute_output --partial 'tls: yes'
		refute_output --partial not-tls
	done
}

@test "normal: a stage that had nothing to ask is not told of" {
	{ printf '#prt\tstat\tby=prt-listen\tprobes=0\topen=0\tcomplete=1\n'
	    result 22 open syn-ack
	    printf '#prt\tstat\tby=prt-service\tprobes=1\tcomplete=1\n'; } >in
	run prt-fmt in
	refute_line 'scan complete:'
	assert_line 'service scan complete:'
	head -1 in >idle
	run prt-fmt idle
	assert_line 'scan complete:'
}

@test "xml: valid after SIGTERM" {
	mkfifo pipe
	prt-fmt -o xml pipe >out 3>&- &
	pid=$!
	exec 8>pipe
	result 22 open syn-ack >&8
	for _ in {1..100}; do
		! grep -q '^SigCgt:.*4[0-9a-f][0-9a-f]2$' "/proc/$pid/status" ||
		    break
		sleep 0.05
	done
	sleep 0.2
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	exec 8>&-
	assert_equal "$status" 4
	valid out
	grep -q 'portid="22"' out
}

@test "xml: ndiff reads it" {
	command -v ndiff >/dev/null || skip 'no ndiff'
	prt-fmt -o xml "$data/rich.prt" >a
	grep -v "10${TAB}443$TAB" "$data/rich.prt" | prt-fmt -o xml >b
	run ndiff a a
	assert_success
	run ndiff a b
	assert_failure 1
	assert_line --regexp '^-443/tcp +open +ssl/http'
	refute_line --regexp '^[-+](22|80)/'
}

@test "xml: certificates and suites are told as nmap's scripts tell them" {
	local q='//port[@portid=443]/script'

	{
		result 443 open syn-ack tls=yes chain_len=2 \
		    fingerprint_sha256=abcd subject_cn=a.example \
		    'subject_dn=CN=a.example,O=Ex\\"ample\\, Ltd<,C=XX' \
		    'subject_an=a.example,::1,192.0.2.7,email:a@b' \
		    issuer_cn=Mid issuer_dn=CN=Mid serial=12 \
		    not_before=1764000000 not_after=1796000000 key_alg=ec \
		    key_bits=256 sig_alg=ecdsa-with-SHA256 \
		    version_enum=ssl20,tls12 cipher_weak=SSL_CK_X \
		    cipher_enum=ssl20:SSL_CK_X,tls12:TLS_A,tls12:TLS_B
		result 444 open syn-ack tls=yes tls_reason=closed \
		    version_enum=ssl30 cipher_enum=ssl30:TLS_A
		result 445 open syn-ack tls=no tls_reason=closed
	} >in
	prt-fmt -o xml in >out
	valid out
	run xmllint --xpath "string($q/@output)" out
	assert_line 'Subject: commonName=a.example/organizationName=Ex"ample, Ltd</countryName=XX'
	assert_line 'Subject Alternative Name: DNS:a.example, IP Address:::1, IP Address:192.0.2.7, email:a@b'
	assert_line 'Not valid after:  2026-11-30T00:53:20'
	assert_line '  TLS_B'
	assert_line 'chain_len: 2'
	is() {
		assert_equal "$1 $(xmllint --xpath "string($q$1)" out)" "$1 $2"
	}
	is /@id ssl-cert
	is '/table[@key="subject"]/elem[@key="organizationName"]' \
	    'Ex"ample, Ltd<'
	is '/table[@key="validity"]/elem[@key="notBefore"]' 2025-11-24T16:00:00
	is '/table[@key="pubkey"]/elem[@key="bits"]' 256
	is '//table[@key="TLSv1.2"]/table/table[2]/elem' TLS_B
	q='//port[@portid=444]/script'
	is /@id ssl-enum-ciphers
	is '/table[@key="SSLv3"]/table/table/elem' TLS_A
	q='//port[@portid=445]/script'
	is /@id prt
	# it is read again as it was
	prt-fmt -i nmap-xml -o tsv out | grep -v host | sed 's/service=[a-z-]*.//' |
	    diff in -
	command -v ndiff >/dev/null || skip 'no ndiff'
	sed 's/abcd/ef01/' in | prt-fmt -o xml >b
	# without -v ndiff of nmap 7.93 fails when any script says something else
	run ndiff -v out b
	assert_failure 1
	assert_line --regexp '^\+.*SHA-256: ef01'
}

@test "JSON is JSON, with the names of its readers" {
	for o in masscan-ndjson naabu ecs; do
		prt-fmt -o "$o" "$data/rich.prt" | jq -es 'length > 0' >/dev/null
	done
	run bash -c "prt-fmt -o masscan-ndjson '$data/rich.prt' |
	    jq -r 'select(.rec_type == \"status\" and .port > 0) |
	    [.ip, .port, .proto, .data.status] | @tsv'"
	assert_line --index 0 "192.0.2.10${TAB}22${TAB}tcp${TAB}open"
	assert_equal "${#lines[@]}" 4
	run bash -c "prt-fmt -o ecs '$data/rich.prt' | jq -r '.destination |
	    select(.port == 443).ip'"
	assert_output 192.0.2.10
	# the whole record is in it
	prt-fmt -o ecs "$data/rich.prt" | jq -c .prt >out
	grep -v '#prt' "$data/rich.prt" | prt-fmt -j | jq -c . | diff - out
}

@test "lists for other programs: prt-targets reads them" {
	want=$(printf '%s\n' "192.0.2.10${TAB}22,443${TAB}tcp" \
	    "2001:db8::7${TAB}8080${TAB}tcp")
	for o in naabu zgrab masscan-list targets; do
		sed 's/x,y/xy/' "$data/rich.prt" |
		    prt-fmt --only state=open -o "$o" >list
		prt-targets -f list 2>err | cut -f 1-3 |
		    awk -F"$TAB" '{ p[$1] = p[$1] (p[$1] ? "," : "") $2 }
		    END { for (i in p) print i "\t" p[i] "\ttcp" }' | sort >out
		assert_equal "$o $(<out)" "$o $want"
	done
	prt-fmt -o hostport "$data/rich.prt" >list
	assert_equal "$(tail -n 1 list)" '[2001:db8::7]:8080'
}

@test "zgrab is CSV with four columns" {
	prt-fmt -o zgrab "$data/rich.prt" >out
	python3 -c 'import csv
rows = list(csv.reader(open("out", newline="")))
assert [len(r) for r in rows] == [4, 4, 4], rows
assert rows[2] == ["2001:db8::7", "", "x,y", "8080"], rows'
}

@test "md: a value is text, and stays in its cell" {
	result 22 open syn-ack 'note=a|b<img src=x>[x](y)*z*\\.' >in
	run prt-fmt -o md -F port,note in
	assert_line --index 2 \
	    '| 22 | a\|b&lt;img src=x&gt;\[x\](y)\*z\*\\\\. |'
}

@test "formats without states have what is open, or what --only picks" {
	{ result 22 open syn-ack; result 23 closed reset
	    result 24 filtered no-response; } >in
	for o in naabu zgrab hostport targets; do
		run prt-fmt -o "$o" in
		assert_equal "${#lines[@]}" 1
		run prt-fmt -o "$o" --only state=closed in
		assert_equal "${#lines[@]}" 1
		assert_output --partial 23
	done
}

@test "--only: columns, fields, lists, ranges, wildcards, and not" {
	ports() { prt-fmt -F port --only "$@" "$data/rich.prt" | tr -d '\r' |
	    sed 1d | paste -sd ' '; }
	assert_equal "$(ports state=open)" '22 443 8080'
	assert_equal "$(ports state=open,port=443)" 443
	assert_equal "$(ports port=22,400-500,state=open,closed)" '22 443'
	assert_equal "$(ports 'port=1-65535,state!=open')" '53 80'
	assert_equal "$(ports ip=2001:db8::/32)" 8080
	assert_equal "$(ports port=1-65535,ip=192.0.2.0-192.0.2.10)" \
	    '22 443 53 80'
	assert_equal "$(ports 'product=*SSH')" 22
	assert_equal "$(ports 'port=1-500,banner=*200*')" 443
	assert_equal "$(ports 'tunnel=,state=open')" '22 8080'
}

@test "--only: meta records pass, and a report of it is complete" {
	run prt-fmt -o tsv --only state=open "$data/rich.prt"
	assert_line --index 0 --partial '#prt'
	run prt-fmt --only state=open "$data/rich.prt"
	refute_output --partial INCOMPLETE
	refute_line --regexp '^80/tcp'
}

@test "--only: what is wrong is said" {
	wrong() {
		run prt-fmt --only "$1" "$data/rich.prt"
		assert_failure 2
		assert_output --partial "prt-fmt: --only $2"
	}
	wrong open "'open': wants key=value"
	wrong port=http "'http': ports are numbers"
	wrong port=70000 "'70000': ports are"
	wrong ip=x "'x': addresses are"
	wrong state=opne "'opne': states are open, closed"
	wrong '=x' "'=x': a name is missing"
	run prt-fmt -o tsv --only stat=open "$data/rich.prt"
	assert_success
	assert_output --partial "prt-fmt: --only: no record had 'stat'"
}

@test "--sort: by address as a number, then by protocol and port" {
	{ result 443 open syn-ack; result 80 open syn-ack
	    printf '%s\n' "10.0.0.9${TAB}53${TAB}udp${TAB}open${TAB}x" \
		"10.0.0.9${TAB}99${TAB}tcp${TAB}open${TAB}x" \
		"9.9.9.9$TAB-${TAB}host${TAB}up${TAB}x" "10.0.0.0/8"; } >in
	run prt-fmt --sort -F ip,port -o csv in
	assert_equal "$(tr -d '\r' <<<"$output" | paste -sd ' ')" \
	    'ip,port 10.0.0.0/8, 9.9.9.9, 10.0.0.9,99 10.0.0.9,53 192.0.2.7,80 192.0.2.7,443'
	run prt-fmt --sort -o tsv "$data/rich.prt"
	assert_line --index 7 --partial '#prt'
	prt-fmt --sort -o tsv "$data/rich.prt" | sort >a
	sort "$data/rich.prt" | diff - a
}

@test "--group host: one record for the ports that are alike" {
	run prt-fmt --group host --only port=1-65535 -o tsv "$data/rich.prt"
	assert_line "192.0.2.10${TAB}22,443${TAB}tcp${TAB}open${TAB}syn-ack${TAB}ttl=63${TAB}host=gw.example${TAB}tag=edge${TAB}method=probed${TAB}conf=10"
	assert_line --partial "192.0.2.10${TAB}53${TAB}udp${TAB}open|filtered"
	for i in {1..9}; do result "$i" open syn-ack "rtt=0.$i"; done >in
	run prt-fmt --group host -o targets in
	assert_output "192.0.2.7${TAB}1-9${TAB}tcp"
	run prt-fmt --group host -o naabu in
	assert_failure 2
	assert_output --partial 'naabu has no place for lists of ports'
	run prt-fmt --group port in
	assert_failure 2
}

@test "--columns: tsv and ndjson stay records" {
	run prt-fmt -o tsv -F port,product,ip,none --only state=open \
	    "$data/rich.prt"
	assert_line "192.0.2.10${TAB}22${TAB}product=OpenSSH"
	assert_line "2001:db8::7${TAB}8080"
	run prt-fmt -j -F ttl,port --only port=22 "$data/rich.prt"
	assert_line '{"ip":"192.0.2.10","port":22,"ttl":63}'
	run prt-fmt -o xml -F port in
	assert_failure 2
	assert_output --partial 'xml has its own'
}

@test "an empty input, and a full disk" {
	for o in $others; do
		run prt-fmt -o "$o" /dev/null
		assert_success
		run bash -c "prt-fmt -o $o '$data/rich.prt' >/dev/full"
		assert_failure 1
		assert_output --partial 'cannot write to standard output: No space'
	done
}
