#!/usr/bin/env bats
# prt-fmt: what it makes of a host's operating system, and reads of it.

bats_require_minimum_version 1.5.0

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	TAB=$'\t'
	cd "$BATS_TEST_TMPDIR" || return 1
	fp='SCAN(V=7.93%E=4%D=11/29%OT=80%CT=81%CU=30508%PV=Y%DS=2)'
	fp+='SEQ(SP=106%GCD=1)T1(R=Y%DF=Y%T=40%S=O%A=S+%F=AS%RD=0%Q=)T2(R=N)'
	{
		host 192.0.2.7 echo-reply mac=02:00:5e:10:00:01 rtt=0.01
		port 192.0.2.7 80 product=nginx os=Linux
		host 192.0.2.7 - 'os=Linux 5.4' os_family=Linux os_gen=4.X,5.X \
		    os_vendor=Linux 'device_type=general purpose,router' \
		    os_cpe=cpe:/o:linux:linux_kernel:4,cpe:/o:linux:linux_kernel:5 \
		    os_conf=97 os_method=fingerprint \
		    'os_matches=Linux 5.4 (97%),Linux (4.1\x2c "x" & y) (97%),Linux 3 (95%)' \
		    uptime=277000.5 distance=2
		host 192.0.2.8 - "os_fp=$fp" distance=1
		port 192.0.2.8 22
		host 192.0.2.9 - 'os=A or B or others' os_gen=1,2 os_conf=91 \
		    os_method=fingerprint
		host 192.0.2.10 - 'os=Bare words'
		host 192.0.2.11 - 'os=Sys' os_vendor=Sys os_family=Sys os_conf=100
	} >in
}

host() {
	local IFS=$TAB
	printf '%s\n' "$1$TAB-${TAB}host${TAB}up$TAB$2${3:+$TAB${*:3}}"
}

port() {
	local IFS=$TAB
	printf '%s\n' "$1$TAB$2${TAB}tcp${TAB}open${TAB}syn-ack${3:+$TAB${*:3}}"
}

@test "normal: the system, what else matches, and where it runs" {
	run prt-fmt -o normal in
	assert_success
	assert_equal "${lines[*]:0:11}" "$(paste -sd' ' <<-'E'
	Scan report for 192.0.2.7
	Host is up (echo-reply, 0.01 s latency).
	MAC address: 02:00:5e:10:00:01
	PORT   STATE SERVICE REASON  VERSION
	80/tcp open  http    syn-ack nginx
	Service Info: OS: Linux
	OS: Linux 5.4 (97%)
	OS matches: Linux 5.4 (97%), Linux (4.1, "x" & y) (97%), Linux 3 (95%)
	OS CPE: cpe:/o:linux:linux_kernel:4, cpe:/o:linux:linux_kernel:5
	Device type: general purpose, router
	Up for: 3.2 days
	E
	)"
	assert_line --index 11 'Distance: 2 hops'
	assert_line 'OS: A or B or others (91%)'
	assert_line 'OS: Bare words'
	# nobody knows it: the fingerprint is there to be submitted
	assert_line --partial 'OS:SCAN(V=7.93%E=4%D=11/29%'
	assert_line --regexp '^OS:.*T2\(R=N\)$'
	refute_line --partial os_
}

@test "xml: valid for nmap.dtd, and ndiff reads it" {
	command -v xmllint >/dev/null || skip 'xmllint is not installed'
	[[ -r /usr/share/nmap/nmap.dtd ]] || skip 'nmap.dtd is not there'
	prt-fmt -o xml in >out.xml
	xmllint --noout --dtdvalid /usr/share/nmap/nmap.dtd out.xml
	run xmllint --xpath '//host[1]/os/osmatch[1]' out.xml
	assert_output '<osmatch name="Linux 5.4" accuracy="97" line="0">
<osclass type="general purpose" vendor="Linux" osfamily="Linux" osgen="4.X" accuracy="97"><cpe>cpe:/o:linux:linux_kernel:4</cpe><cpe>cpe:/o:linux:linux_kernel:5</cpe></osclass>
<osclass type="general purpose" vendor="Linux" osfamily="Linux" osgen="5.X" accuracy="97"/>
</osmatch>'
	run xmllint --xpath 'string(//host[1]/os/osmatch[2]/@name)' out.xml
	assert_output 'Linux (4.1, "x" & y)'
	run xmllint --xpath 'string(//host[1]/uptime/@seconds)' out.xml
	assert_output 277000
	run xmllint --xpath 'string(//host[1]/distance/@value)' out.xml
	assert_output 2
	run xmllint --xpath 'string(//host[1]/status/@reason)' out.xml
	assert_output echo-reply
	# an alternative without vendor and family has no class
	run xmllint --xpath 'count(//host[3]/os/osmatch/osclass)' out.xml
	assert_output 0
	run xmllint --xpath 'count(//hostscript)' out.xml
	assert_output 0
	command -v ndiff >/dev/null || skip 'ndiff is not installed'
	sed 's/Linux 5\.4/Linux 6.1/g' in | prt-fmt -o xml >other.xml
	run ndiff out.xml out.xml
	assert_success
	run ndiff out.xml other.xml
	assert_failure 1
	assert_line --regexp '^-  Linux 5\.4$'
	assert_line --regexp '^\+  Linux 6\.1$'
}

@test "xml: what is written is read again" {
	prt-fmt -o xml in | prt-fmt -o tsv -i nmap-xml >back
	for ip in 192.0.2.7 192.0.2.8 192.0.2.11; do
		awk -F'\t' -v ip="$ip" '$1 == ip && $3 == "host"' in >was
		awk -F'\t' -v ip="$ip" '$1 == ip && $3 == "host"' back >is
		for key in os os_conf os_family os_gen os_vendor os_cpe \
		    os_matches os_fp distance; do
			assert_equal "$key $(value "$key" is)" \
			    "$key $(value "$key" was)"
		done
	done
	assert_equal "$(grep -P '192.0.2.7\t-' back | value device_type)" \
	    'general purpose'
	assert_equal "$(grep -P '192.0.2.7\t-' back | value uptime)" 277000
}

# value KEY [FILE]
value() { sed -nE "s/.*\t$1=([^\t]*).*/\1/p" "${@:2}"; }

@test "gnmap: the best ones, written and read" {
	run prt-fmt -o gnmap in
	assert_line "Host: 192.0.2.7 ()${TAB}Ports: 80/open/tcp//http//nginx/${TAB}OS: Linux 5.4|Linux (4.1, \"x\" & y)"
	assert_line "Host: 192.0.2.8 ()${TAB}Ports: 22/open/tcp//ssh///"
	run bash -c 'prt-fmt -o gnmap in | prt-fmt -o tsv -i gnmap'
	assert_line "192.0.2.7$TAB-${TAB}host${TAB}up${TAB}os=Linux 5.4"
}

@test "html: the system stands where a port has its version" {
	run prt-fmt -o html in
	assert_line '<td>Linux 5.4 (97%)</td>'
	assert_line '<td>Bare words</td>'
	refute_line --partial 'os: Linux 5.4'
}

@test "csv, md: the fields are columns" {
	run prt-fmt -o md -F ip,os,os_conf in
	assert_line '| 192.0.2.7 | Linux 5.4 | 97 |'
}

@test "nmap: the systems that it names are read" {
	cat >nmap.xml <<-'E'
	<nmaprun scanner="nmap"><host><status state="up" reason="x"/>
	<address addr="192.0.2.7" addrtype="ipv4"/>
	<os><portused state="open" proto="tcp" portid="80"/>
	<osmatch name="Linux 2.6, or so" accuracy="95" line="1">
	<osclass type="WAP" vendor="Asus" osfamily="embedded" accuracy="95"><cpe>cpe:/h:asus:x</cpe></osclass>
	<osclass type="WAP" vendor="Linux" osfamily="embedded" osgen="2.6.X" accuracy="95"><cpe>cpe:/o:linux:linux_kernel:2.6</cpe><cpe>cpe:/o:a:b,c</cpe></osclass>
	</osmatch>
	<osmatch name="Other" accuracy="94" line="2"><osclass type="general purpose" vendor="Other" osfamily="Other" osgen="7" accuracy="94"><cpe>cpe:/o:other:other</cpe></osclass></osmatch>
	<osfingerprint fingerprint="OS:SCAN(V=7.93%E=4%DS=1)SEQ(SP&#xa;OS:=106)T2(R=N)&#xa;"/>
	</os><uptime seconds="12" lastboot="x"/><distance value="1"/></host>
	<host><status state="up" reason="x"/><address addr="2001:db8::7" addrtype="ipv6"/>
	<os><osfingerprint fingerprint="OS:SCAN(V=7.93%E=6)S1(P=6000{4}28)&#xa;"/></os></host>
	<runstats><finished time="1" exit="success"/></runstats></nmaprun>
	E
	run prt-fmt -o tsv -i nmap-xml nmap.xml
	assert_line --index 0 "$(printf '%s\t' 192.0.2.7 - host up x \
	    'os=Linux 2.6, or so' os_conf=95 os_method=fingerprint \
	    os_family=embedded \
	    'os_fp=SCAN(V=7.93%E=4%DS=1)SEQ(SP=106)T2(R=N)' uptime=12 \
	    distance=1 os_gen=2.6.X device_type=WAP \
	    'os_cpe=cpe:/h:asus:x,cpe:/o:linux:linux_kernel:2.6,cpe:/o:a:b\x2cc')os_matches=Linux 2.6\\x2c or so (95%),Other (94%)"
	assert_line --index 1 "2001:db8::7$TAB-${TAB}host${TAB}up${TAB}x"
}
