#!/usr/bin/env bats
# prt-fmt: what it reads of other scanners. t/data/foreign is what nmap 7.93 and
# masscan 1.3.2 wrote in a network namespace, and what the documents of the
# others show.

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	data=$BATS_TEST_DIRNAME/data/foreign
	out=$BATS_TEST_DIRNAME/data/fmt
	export PRT_DATADIR=$BATS_TEST_DIRNAME/../share
	TAB=$'\t'
	cd "$BATS_TEST_TMPDIR" || return 1
}

# rows FILE [FIELD]: its open ports, without the rest of what is known
rows() {
	prt-fmt -o tsv --only state=open "$data/$1" | grep -v '^#' |
	    cut -f 1-4 | sort -u
}

@test "nmap: XML and grepable output of the same scan give the same ports" {
	for f in nmap nmap-udp nmap-two nmap-ip; do
		rows $f.xml >a
		rows $f.gnmap >b
		[ -s a ]
		diff -u a b
	done
}

@test "nmap: gnmap made of its XML is what nmap itself wrote" {
	for f in nmap nmap-udp nmap-two; do
		prt-fmt -o gnmap "$data/$f.xml" | grep -v '^#' >a
		grep -v '^#' "$data/$f.gnmap" | diff -u - a
	done
}

@test "nmap: every field of the XML, and how the scan ended" {
	run prt-fmt -o tsv --only port=22 "$data/nmap.xml"
	assert_success
	assert_line --index 0 "10.9.0.2${TAB}22${TAB}tcp${TAB}open${TAB}syn-ack${TAB}time=1795905771${TAB}ttl=64${TAB}service=ssh${TAB}product=OpenSSH${TAB}version=9.2p1 Debian 2${TAB}info=protocol 2.0${TAB}os=Linux${TAB}method=probed${TAB}conf=10${TAB}cpe=cpe:/a:openbsd:openssh:9.2p1,cpe:/o:linux:linux_kernel"
	assert_line --index 1 "#prt${TAB}stat${TAB}by=nmap${TAB}complete=1${TAB}scan=syn${TAB}hosts=2${TAB}up=1${TAB}down=1${TAB}time=1795905771${TAB}seconds=8.84"
	run prt-fmt -F port --only state=closed "$data/nmap.xml"
	assert_equal "${#lines[@]}" 70
	run prt-fmt -o tsv --only state=up "$data/nmap.xml"
	assert_line --partial "arp-response${TAB}rtt=0.000006${TAB}mac=8A:81:A3"
}

@test "masscan: all that it writes gives the same ports and banner" {
	for f in list json ndjson gnmap xml; do
		rows masscan.$f >a
		printf '10.9.0.2\t%s\ttcp\topen\n' 22 80 | diff -u - a
		run prt-fmt -o tsv --only service=ssh,banner=* "$data/masscan.$f"
		assert_line --partial 'banner=SSH-2.0-OpenSSH_9.2p1 Debian-2'
	done
	for f in list json gnmap xml; do
		prt-fmt -o tsv "$data/masscan.$f" |
		    grep -q "^#prt.stat.*by=masscan.*complete=1"
	done
}

@test "masscan: an array that was printed in another way" {
	jq . "$data/masscan.json" | prt-fmt -o tsv >a
	jq -c . "$data/masscan.json" | prt-fmt -o tsv >b
	diff -u a b
	grep -q "banner=SSH" a
}

@test "naabu: the forms of old and new versions" {
	run prt-fmt -o tsv "$data/naabu.json"
	assert_success
	assert_line --index 0 "192.0.2.7${TAB}443${TAB}tcp${TAB}open${TAB}host=www.example.org${TAB}time=1714557600.123456${TAB}tunnel=ssl"
	assert_line --index 1 "192.0.2.8${TAB}53${TAB}udp${TAB}open${TAB}time=1714557601"
	assert_line --index 2 "192.0.2.9${TAB}22${TAB}tcp${TAB}open"
}

@test "tlsx: the certificate's fields" {
	run prt-fmt -o tsv "$data/tlsx.json"
	assert_success
	assert_line --index 0 --partial "192.0.2.7${TAB}443${TAB}tcp${TAB}open"
	assert_line --index 0 --partial "${TAB}not_after=1740873599"
	assert_line --index 0 --partial "${TAB}fingerprint_sha256=11"
	assert_line --index 0 --partial "time=1714550400.500000"
	assert_line --index 1 --partial "192.0.2.8${TAB}444${TAB}tcp${TAB}time="
}

@test "zgrab: its targets are targets" {
	run prt-fmt -o tsv "$data/zgrab.csv"
	assert_success
	assert_line --index 0 "192.0.2.7${TAB}443${TAB}tcp${TAB}host=www.example.org${TAB}tag=edge"
	assert_line --index 1 "2001:db8::7${TAB}80${TAB}tcp${TAB}tag=a, \"b\""
	assert_line --index 2 '192.0.2.8'
}

@test "what prt-fmt writes it reads again" {
	norm() { prt-fmt -o tsv --only state=open,up "$@" | grep -v '^#' |
	    cut -f 1-4 | sort -u; }
	norm "$out/rich.prt" >all
	for f in xml gnmap; do
		norm "$out/rich.$f" | grep -v "${TAB}host${TAB}" >a
		grep -v "${TAB}host${TAB}" all | diff -u - a
	done
	for f in masscan-list masscan-ndjson; do
		norm "$out/rich.$f" | diff -u all -
	done
	norm "$out/rich.naabu" >a
	grep -v "${TAB}host${TAB}" all | diff -u - a
	# and through XML every field and escape comes back
	fields() { grep "${TAB}443${TAB}tcp" "$1" | tr '\t' '\n' |
	    grep -v '^time=' | sort; }
	prt-fmt -o tsv "$out/rich.xml" >b
	fields b >c
	fields "$out/rich.prt" | sed 's/\xef\xbf\xbf/\\xef\\xbf\\xbf/' |
	    diff -u - c
}

@test "-i says it when the input does not, and auto finds it out" {
	for f in nmap-xml:nmap.xml gnmap:nmap.gnmap masscan-json:masscan.json \
	    masscan-list:masscan.list masscan-ndjson:masscan.ndjson \
	    naabu:naabu.json zgrab:zgrab.csv tlsx:tlsx.json; do
		prt-fmt -o tsv "$data/${f#*:}" >a
		prt-fmt -i "${f%:*}" -o tsv "$data/${f#*:}" | diff -u a -
		prt-fmt -i auto -o tsv <"$data/${f#*:}" | diff -u a -
	done
	grep 22/open "$data/nmap.gnmap" | prt-fmt -F port | tr -d '\r' >a
	grep -qx 22 a
	run prt-fmt -i tsv -o tsv "$data/nmap.gnmap"
	assert_failure 1
	run prt-fmt -i nessus "$data/nmap.xml"
	assert_failure 2
	assert_output --regexp "^prt-fmt: no input 'nessus': sqlite:FILE, auto, nmap-xml, .* and ndjson are there$"
}

@test "cut short: all up to there, a message with the place, exit 4" {
	for f in nmap.xml nmap-udp.xml masscan.list masscan.json; do
		n=$(stat -c %s "$data/$f")
		before=0
		for k in 3 5 7 9; do
			head -c $((n * k / 10)) "$data/$f" >part
			status=0
			prt-fmt -o tsv part >out 2>err || status=$?
			assert_equal "$f $k $status" "$f $k 4"
			grep -Eq '^prt-fmt: part:[0-9]+: ' err
			assert_equal "$(grep -c complete=1 out)" 0
			got=$(grep -vc '^#' out || :)
			((got >= before))
			before=$got
		done
		((before > 0))
	done
	head -n 3 "$data/nmap.gnmap" >part
	run prt-fmt part
	assert_failure 4
	assert_line --partial 'part:3: the input ends before'
	assert_line --partial INCOMPLETE
}

@test "a line that is none: a message, and the others are read" {
	{ sed -n 1,2p "$data/masscan.list"; echo 'open tcp x 192.0.2.1 1'
	    echo 'ajar tcp 1 192.0.2.1 1'; sed -n '3,$p' "$data/masscan.list"; } >in
	run prt-fmt -o tsv in
	assert_failure 4
	assert_line --partial 'in:3: a port is a number'
	assert_line --partial 'in:4: a line of masscan -oL starts with'
	assert_line --partial "10.9.0.2${TAB}22"
	assert_line --partial 'complete=0'
	run prt-fmt --strict -o tsv in
	assert_failure 4
	refute_line --partial "10.9.0.2${TAB}22"
}

@test "hostile XML: entities, depth, size, and other documents" {
	xml() { printf '%s' "$1" >in; run prt-fmt -i nmap-xml -o tsv in; }
	xml '<!DOCTYPE nmaprun [<!ENTITY a "x">]><nmaprun>&a;</nmaprun>'
	assert_failure 4
	assert_output --partial 'it declares entities'
	xml '<html><body/></html>'
	assert_failure 4
	assert_output --partial 'no XML of nmap'
	xml "<nmaprun>$(printf '<a>%.0s' {1..40})"
	assert_failure 4
	assert_output --partial 'nested too deeply'
	{ printf '<nmaprun args="'; head -c 9000000 /dev/zero | tr '\0' x; } >in
	run prt-fmt -i nmap-xml in
	assert_failure 4
	assert_output --partial 'more than 4 MiB'
	{ printf '[{"ip":"'; head -c 9000000 /dev/zero | tr '\0' x; } >in
	run prt-fmt -i masscan-json in
	assert_failure 4
	assert_output --partial 'more than 4 MiB'
}
