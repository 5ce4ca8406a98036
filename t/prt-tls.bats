#!/usr/bin/env bats
# prt-tls against servers of OpenSSL, nginx and others, held against what
# openssl(1) says of them, and against hostile ones (t/lib/tls-hostile.py).
# bats file_tags=net

# shellcheck source=t/lib/net.bash
source "$BATS_TEST_DIRNAME/lib/net.bash"
# shellcheck source=t/lib/tls.bash
source "$BATS_TEST_DIRNAME/lib/tls.bash"
net_fresh

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

make_pki() {
	local ec=(-newkey ec -pkeyopt ec_paramgen_curve:P-256)
	local ca=(-addext "basicConstraints=critical,CA:TRUE"
	    -addext "keyUsage=keyCertSign")

	make_cert root root 3650 "/O=Test/CN=Root" "${ec[@]}"
	make_cert mid root 1000 "/O=Test, Ltd/CN=Mid" "${ec[@]}" "${ca[@]}"
	make_cert leaf mid 90 "/C=XX/O=Ex\"ample/CN=www.example.org" "${ec[@]}" \
	    -addext "subjectAltName=DNS:www.example.org,DNS:*.example.net,IP:127.0.0.1,IP:::1,email:a@example.org,URI:https://example.org/a" \
	    -addext "basicConstraints=critical,CA:FALSE" \
	    -addext "extendedKeyUsage=serverAuth" \
	    -addext "authorityInfoAccess=OCSP;URI:http://ocsp.example/,caIssuers;URI:http://ca.example/m" \
	    -addext "crlDistributionPoints=URI:http://crl.example/"
	make_cert rsa rsa 30 "/CN=*.example.org" -newkey rsa:2048
	make_cert weak weak 365 "/CN=weak.example.org" -newkey rsa:1024 -sha1
	make_cert ed ed 365 "/CN=ed.example.org" -newkey ed25519
	cat "$pki/leaf.crt" "$pki/mid.crt" >"$pki/chain.pem"
	cat "$pki/root.crt" "$pki/mid.crt" >"$pki/order.pem"
}

setup_file() {
	net_guard
	export pki=$BATS_FILE_TMPDIR
	host box
	make_pki
	local old=(-cipher 'ALL:@SECLEVEL=0') pid
	server 4400 leaf -cert_chain "$pki/mid.crt"
	server 4401 rsa
	server 4402 weak -tls1 "${old[@]}"
	server 4403 ed -tls1_3 -alpn h2
	server 4404 leaf -cert_chain "$pki/mid.crt" -tls1_2 -alpn http/1.1
	server 4405 leaf -cert_chain "$pki/root.crt"
	server 4406 leaf -cert_chain "$pki/order.pem"
	server 4407 rsa -tls1_2 -cipher 'AECDH:@SECLEVEL=0'
	server 4408 rsa -tls1_1 "${old[@]}"
	spawn pid box python3 "$NET_DIR/t/lib/tls-hostile.py" 4404 \
	    >"$pki/hostile"
	await 10 grep -q ready "$pki/hostile"
	await 10 up_to 4408
}

up_to() {
	[[ $(on box ss -Hltn | grep -cE ":44(0[0-8])\b") -eq 9 ]]
}

setup() {
	net_guard
	cd "$BATS_TEST_TMPDIR" || return 1
}

within() {
	[[ -n ${SANITIZE-} ]] ||
	    awk -v s="$(stat_of seconds)" -v most="$1" \
		'BEGIN { print s; exit s > most }'
}

# ---- what is found ----

@test "certificates read in clear, and by whole handshakes, as openssl has them" {
	local o at

	for o in "" --full; do
		# shellcheck disable=SC2086
		open 4400 4401 4402 4403 4408 | tls $o >out
		same 4400 leaf
		same 4401 rsa
		same 4402 weak
		same 4403 ed
		same 4408 rsa
		assert_equal "$(stat_of certs)" 5
		assert_equal "$(stat_of complete)" 1
	done
	at=::1 open 4400 | tls >out
	same 4400 leaf
}

@test "names, keys and URLs of a certificate" {
	open 4400 | tls >out
	[[ $(of 4400 subject_an) == 'www.example.org,*.example.net,127.0.0.1,::1,email:a@example.org,uri:https://example.org/a' ]]
	assert_equal "$(of 4400 subject_cn issuer_cn issuer_org)" \
	    "www.example.org Mid Test, Ltd"
	assert_equal "$(of 4400 key_alg key_bits key_curve)" "ec 256 prime256v1"
	assert_equal "$(of 4400 ocsp_url issuer_url crl_url)" \
	    "http://ocsp.example/ http://ca.example/m http://crl.example/"
	assert_equal "$(of 4400 chain_len wildcard self_signed expired)" "2 1 0 0"
}

@test "version, cipher and protocol are those of the server" {
	open 4400 4402 4403 4404 4408 | tls >out
	assert_equal "$(of 4400 tls_version)" tls12
	assert_equal "$(of 4402 tls_version cipher)" \
	    "tls10 TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"
	assert_equal "$(of 4403 tls_version cipher alpn)" \
	    "tls13 TLS_AES_256_GCM_SHA384 h2"
	assert_equal "$(of 4404 tls_version cipher alpn)" \
	    "tls12 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 http/1.1"
	assert_equal "$(of 4408 tls_version)" tls11
	open 4400 4404 | tls --full >out
	assert_equal "$(of 4400 tls_version) $(of 4404 tls_version)" \
	    "tls13 tls12"
}

@test "the name goes into the hello, an address does not" {
	name=www.example.org open 4400 >in
	name=127.0.0.1 open 4401 >>in
	tls <in >out
	assert_equal "$(of 4400 sni)" www.example.org
	assert_equal "$(of 4401 sni)" ""
}

# ---- judgement ----

@test "is it for this host? As openssl judges" {
	local n ours theirs

	for n in www.example.org WWW.example.org. a.example.net a.b.example.net \
	    example.net example.org 127.0.0.1 ::1 127.0.0.2; do
		name=$n open 4400 | tls >out
		ours=$(of 4400 mismatched)
		case $n in
		*[0-9])	theirs=$(x509 leaf -checkip "$n") ;;
		*)	theirs=$(x509 leaf -checkhost "${n%.}") ;;
		esac
		if [[ $theirs == *"does match"* ]]; then
			assert_equal "$n $ours" "$n 0"
		else
			assert_equal "$n $ours" "$n 1"
			[[ $(of 4400 tls_issues) == *mismatched* ]]
		fi
	done
	# a common name counts where there is no other
	name=a.example.org open 4401 | tls >out
	assert_equal "$(of 4401 mismatched)" 0
}

@test "trust: up to an authority that is given, or not" {
	open 4400 4401 4405 | tls --ca "$pki/root.crt" >out
	assert_equal "$(of 4400 untrusted)" 0
	assert_equal "$(of 4401 untrusted)" 1
	assert_equal "$(of 4405 untrusted)" 1
	[[ $(of 4405 tls_issues) == *missing-intermediate*untrusted* ]]
	assert_equal "$(of 4405 missing_intermediate wrong_order)" "1 0"
	# in the wrong order they lead there all the same
	open 4406 | tls --ca "$pki/root.crt" >out
	assert_equal "$(of 4406 untrusted tls_issues)" "0 wrong-order"
	assert_equal "$(of 4406 missing_intermediate wrong_order)" "0 1"
	open 4400 | SSL_CERT_FILE=$pki/rsa.crt tls --verify >out
	assert_equal "$(of 4400 untrusted tls_issues)" "1 untrusted"
	open 4400 | tls >out
	assert_equal "$(of 4400 untrusted)" ""
	run tls --ca "$pki/hostile" </dev/null
	assert_failure 1
	run tls --ca nosuch </dev/null
	assert_failure 1
	assert_output --partial "nosuch"
}

# staple NAME INDEX-LINE: $pki/NAME.der, what root says of its certificate
staple() {
	printf '%s\n' "$2" >index
	openssl ocsp -index index -rsigner "$pki/root.crt" \
	    -rkey "$pki/root.key" -CA "$pki/root.crt" -issuer "$pki/root.crt" \
	    -cert "$pki/$1.crt" -respout "$pki/$1.der" -ndays 7 >/dev/null 2>&1
}

@test "a stapled OCSP response, in clear and by whole handshakes" {
	local o nr

	make_cert revoked root 90 /CN=r -newkey rsa:2048
	make_cert good root 90 /CN=g -newkey rsa:2048
	nr=$(x509 revoked -serial | sed 's/.*=//')
	staple revoked $'R\t301231235959Z\t260101000000Z,keyCompromise\t'"$nr"$'\tunknown\t/CN=r'
	nr=$(x509 good -serial | sed 's/.*=//')
	staple good $'V\t301231235959Z\t\t'"$nr"$'\tunknown\t/CN=g'
	server 4430 revoked -status_file "$pki/revoked.der"
	server 4431 good -status_file "$pki/good.der"
	server 4432 good -status_file "$pki/revoked.der"
	for o in 4430 4431 4432; do
		await 10 listens $o
	done
	for o in "" --full; do
		# shellcheck disable=SC2086
		open 4430 4431 4432 | tls $o >out
		assert_equal "$(of 4430 revoked_by_staple tls_issues)" "1 revoked"
		assert_equal "$(of 4431 revoked_by_staple tls_issues)" 0
		# of another certificate
		assert_equal "$(of 4432 revoked_by_staple tls_issues)" ""
	done
}

@test "a server without a certificate" {
	open 4407 | tls --full >out
	assert_equal "$(of 4407 tls cipher chain_len tls_issues)" \
	    "yes TLS_ECDH_anon_WITH_AES_256_CBC_SHA 0 weak-cipher"
}

@test "dates, keys, signatures, versions and ciphers that are issues" {
	open 4400 4401 4402 | tls --expiring 60d >out
	assert_equal "$(of 4400 tls_issues)" ""
	assert_equal "$(of 4401 tls_issues)" "expiring,self-signed"
	assert_equal "$(of 4402 tls_issues)" "old-version,self-signed,weak-key,weak-signature"
	# one field each
	assert_equal "$(of 4400 expiring weak_key weak_signature)" "0 0 0"
	assert_equal "$(of 4401 expiring weak_key weak_signature)" "1 0 0"
	assert_equal "$(of 4402 expiring weak_key weak_signature)" "0 1 1"
	open 4401 | tls --expiring 12h >out
	assert_equal "$(of 4401 tls_issues)" self-signed
	open 4401 | tls >out
	assert_equal "$(of 4401 expiring expired not_yet_valid)" "0 0"
	run tls --expiring soon </dev/null
	assert_failure 2
}

@test "certificates before and after their time" {
	cat >ca.cnf <<-END
	[ca]
	default_ca = d
	[d]
	database = $PWD/index
	serial = $PWD/serial
	new_certs_dir = $PWD
	default_md = sha256
	policy = p
	[p]
	commonName = supplied
	END
	touch index
	echo 01 >serial
	openssl req -new -nodes -newkey rsa:2048 -subj /CN=x -keyout \
	    "$pki/time.key" -out csr 2>/dev/null
	# when NAME FROM TO
	when() {
		openssl ca -batch -config ca.cnf -selfsign -in csr -keyfile \
		    "$pki/time.key" -startdate "$2" -enddate "$3" \
		    -out "$pki/$1.crt" 2>/dev/null
		cp "$pki/time.key" "$pki/$1.key"
		: >index
	}
	when future 20400101000000Z 20410101000000Z
	when past 19990101000000Z 20000101000000Z
	server 4440 future
	server 4441 past
	await 10 listens 4440
	await 10 listens 4441
	open 4440 4441 | tls --expiring 30d >out
	same 4440 future
	same 4441 past
	assert_equal "$(of 4440 not_yet_valid expired expiring tls_issues)" \
	    "1 0 0 not-yet-valid,self-signed"
	assert_equal "$(of 4441 not_yet_valid expired expiring tls_issues)" \
	    "0 1 0 expired,self-signed"
}

# ---- what does not speak TLS, or should not ----

@test "hostile servers: bounded in time and bytes, and the right word for each" {
	local p

	open {5000..5022} | tls --timeout 3s >out
	within 8
	assert_equal "$(of 5000 tls tls_reason)" "yes too-long" ||
	    assert_equal "$(of 5000 tls tls_reason)" "no too-long"
	assert_equal "$(of 5001 tls tls_reason)" "no too-long"
	assert_equal "$(of 5003 tls tls_reason)" "no timeout"
	assert_equal "$(of 5004 tls tls_reason)" "no not-tls"
	assert_equal "$(of 5005 tls tls_reason)" "no timeout"
	assert_equal "$(of 5006 tls tls_reason)" "yes internal_error"
	# alerts at every point: between messages, and in the middle of one
	for p in 5007 5008 5014 5015; do
		assert_equal "$p $(of $p tls tls_reason)" "$p yes internal_error"
	done
	# behind the certificate they change nothing
	assert_equal "$(of 5016 tls tls_reason chain_len)" "yes 2"
	assert_equal "$(of 5009 tls tls_reason)" "yes too-long"
	assert_equal "$(of 5010 tls tls_reason)" "no closed"
	assert_equal "$(of 5011 tls tls_reason)" "no malformed"
	assert_equal "$(of 5012 tls tls_reason)" "no malformed"
	assert_equal "$(of 5013 tls tls_reason)" "no too-long"
	# a compressed certificate, two hellos, one that is longer than its message
	for p in 5017 5018 5020; do
		assert_equal "$p $(of $p tls_reason)" "$p malformed"
	done
	assert_equal "$(of 5019 tls chain_len)" "yes 0"
	assert_equal "$(of 5021 chain_len tls_issues)" "1 unreadable"
	assert_equal "$(of 5022 tls tls_reason chain_len)" "yes malformed"
	assert_equal "$(stat_of complete)" 1
}

@test "records of one byte, and a chain of 10 MB" {
	open 5002 5009 | tls >out
	same 5002 leaf
	assert_equal "$(of 5002 chain_len)" 2
	same 5009 leaf
	[[ $(of 5009 chain_len) -lt 300 ]]
	open 5009 | tls --max-bytes 2000 >out
	same 5009 leaf
	[[ -n ${SANITIZE-} ]] && return
	for i in {1..50}; do at=127.0.0.1 open 5009; done >in
	on box timed log cat in '|' prt-tls >out
	assert [ "$(jq '.parts[1].rss_kib' log)" -lt 40000 ]
}

# ---- enumeration ----

# theirs PORT: "tls12:TLS_..." of nmap's report
theirs() {
	# TLS_AKE_WITH_X is how it calls TLS_X of TLS 1.3
	awk -v p="^$1/" '/^[0-9]+\// { on = $0 ~ p }
	    on && / TLSv1\.[0-9]:/ { v = "tls1" substr($2, 7, 1) }
	    on && / TLS_/ { sub(/_AKE_WITH/, "", $2); print v ":" $2 }' report |
	    LC_ALL=C sort
}

@test "versions and cipher suites: those that nmap finds" {
	local p all=(-cipher 'ALL:COMPLEMENTOFALL:@SECLEVEL=0')

	server 4410 rsa "${all[@]}"
	server 4411 leaf -tls1_2 "${all[@]}"
	server 4412 leaf -tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256
	server 4413 rsa -tls1_1 -cipher 'AES128-SHA:NULL-SHA:@SECLEVEL=0'
	for p in 4410 4411 4412 4413; do
		await 10 listens $p
	done
	open 441{0,1,2,3} | tls --cipher-enum >out
	on box nmap -n -Pn -p 4410-4413 --script +ssl-enum-ciphers 127.0.0.1 >report
	for p in 4410 4411 4412 4413; do
		of $p cipher_enum | tr , '\n' | LC_ALL=C sort >ours
		theirs $p >wanted
		[ -s wanted ]
		diff -u wanted ours
	done
	assert_equal "$(of 4410 version_enum)" tls10,tls11,tls12,tls13
	assert_equal "$(of 4411 version_enum)" tls12
	assert_equal "$(of 4412 version_enum)" tls13
	assert_equal "$(of 4413 version_enum cipher_weak)" \
	    "tls11 TLS_RSA_WITH_NULL_SHA"
	[[ $(of 4413 tls_issues) == old-version,weak-cipher* ]]
	# once, though it is in three versions
	[[ $(of 4410 cipher_weak) != *RSA_WITH_NULL_SHA,*,TLS_RSA_WITH_NULL_SHA,* ]]
	open 441{0,1,2,3} | tls --version-enum >out
	assert_equal "$(of 4410 version_enum)" tls10,tls11,tls12,tls13
	assert_equal "$(of 4411 version_enum)" tls12
	assert_equal "$(of 4412 version_enum)" tls13
	assert_equal "$(of 4413 version_enum cipher_enum)" tls11
	assert [ "$(stat_of sent)" -le 24 ]
}

@test "suites and versions that OpenSSL has dropped" {
	# SSL 3.0, and of four suites the last that is offered; that of anonymous
	# Diffie-Hellman is offered apart
	cat >server.py <<-'END'
	import socket
	l = socket.create_server(("127.0.0.1", 4420), backlog=200)
	print("ready", flush=True)
	while True:
	    c, _ = l.accept()
	    h = c.recv(65536)
	    if len(h) < 46 or h[0] != 22:
	        c.close()
	        continue
	    at = 44 + h[43]
	    n = int.from_bytes(h[at:at + 2], "big")
	    suites = [h[i:i + 2] for i in range(at + 2, at + 2 + n, 2)]
	    want = {b"\0\x03", b"\0\x05", b"\0\x0a", b"\0\x18"}
	    got = [s for s in suites if s in want]
	    # TLS 1.3 comes with a hello of its own: its suites are none of these
	    if got:
	        body = b"\3\0" + bytes(32) + b"\0" + got[-1] + b"\0"
	        m = b"\2" + len(body).to_bytes(3, "big") + body + b"\x0e\0\0\0"
	        c.sendall(b"\x16\3\0" + len(m).to_bytes(2, "big") + m)
	    else:
	        c.sendall(b"\x15\3\0\0\2\2\x28")
	    c.close()
	END
	local pid four=TLS_RSA_EXPORT_WITH_RC4_40_MD5,TLS_RSA_WITH_RC4_128_SHA,TLS_RSA_WITH_3DES_EDE_CBC_SHA,TLS_DH_anon_WITH_RC4_128_MD5

	spawn pid box python3 server.py >said
	await 5 grep -q ready said
	open 4420 | tls --cipher-enum >out
	assert_equal "$(of 4420 tls_version version_enum)" "ssl30 ssl30"
	assert_equal "$(of 4420 cipher_enum)" "ssl30:${four//,/,ssl30:}"
	assert_equal "$(of 4420 cipher_weak)" "$four"
	reap "$pid"
}

@test "enumeration of hostile servers ends, too" {
	open 5003 5006 5008 5009 5012 5013 5017 5019 5022 |
	    tls --cipher-enum --jarm --timeout 1s >out
	within 10
	assert_equal "$(grep -c 'tls=' out)" 9
}

# ---- STARTTLS ----

start_dialects() {
	# shellcheck disable=SC2034 # spawn sets it
	local -n dialects_pid=$1

	spawn dialects_pid box python3 "$NET_DIR/t/lib/tls-starttls.py" \
	    "$pki/leaf.crt" "$pki/leaf.key" >dialects
	await 10 grep -q ready dialects
}

@test "STARTTLS: every protocol, in clear and by whole handshakes" {
	local pid port name o print

	start_dialects pid
	print=$(x509 leaf -fingerprint -sha256 | sed 's/.*=//; s/://g' |
	    tr A-F a-f)
	for o in "" --full; do
		while read -r port name; do
			[[ $port == 60* ]] || continue
			# shellcheck disable=SC2086
			open "$port" | tls $o --starttls "$name" >out
			assert_equal "$(of "$port" fingerprint_sha256 starttls)" \
			    "$print $name"
			[[ -n $o ]] ||
			    assert_equal "$(of "$port" tls_version)" tls12
		done <dialects
	done
	# the servers are as openssl's client expects them; it has no rdp, and
	# wants to know more of imap and nntp
	while read -r port name; do
		[[ $port == 60* && ! $name =~ ^(rdp|imap|nntp)$ ]] || continue
		on box timeout 5 openssl s_client -connect 127.0.0.1:"$port" \
		    -starttls "${name/-client}" -xmpphost x </dev/null 2>&1 |
		    grep -q 'CN = www.example.org' || echo "$name"
	done <dialects >unlike
	assert_equal "$(cat unlike)" ""
	reap "$pid"
}

@test "STARTTLS: servers that do not want to, or are others" {
	local pid port name

	start_dialects pid
	while read -r port name; do
		[[ $port == 61* ]] || continue
		open "$port" | tls --starttls "$name" --timeout 5s >out
		assert_equal "$port $(of "$port" tls tls_reason starttls)" \
		    "$port no no-starttls $name"
		within 2
	done <dialects
	reap "$pid"
}

@test "STARTTLS by service= and by port" {
	local pid

	start_dialects pid
	{
		open 6002 | sed 's/$/\tservice=imap\tmethod=probed/'
		open 6003 | sed 's/$/\tservice=pop3\tmethod=probed/'
		open 4400 | sed 's/$/\tservice=imap\ttunnel=ssl\tmethod=probed/'
		open 4401 | sed 's/$/\tservice=http\tmethod=probed/'
	} | tls >out
	assert_equal "$(of 6002 tls starttls)" "yes imap"
	assert_equal "$(of 6003 tls starttls)" "yes pop3"
	assert_equal "$(of 4400 tls starttls)" yes
	assert_equal "$(of 4401 tls starttls)" yes
	on box socat TCP-LISTEN:143,bind=127.0.0.1,reuseaddr TCP:127.0.0.1:6002 &
	await 5 listens 143
	open 143 | tls >out
	assert_equal "$(of 143 tls starttls)" "yes imap"
	run tls --starttls gopher </dev/null
	assert_failure 2
	assert_output --partial "smtp lmtp imap"
	reap "$pid"
}

@test "STARTTLS of vsftpd" {
	command -v vsftpd >/dev/null || skip "vsftpd is not installed"
	cat >vsftpd.conf <<-END
	listen=YES
	listen_address=127.0.0.1
	listen_port=4521
	background=NO
	ssl_enable=YES
	rsa_cert_file=$pki/rsa.crt
	rsa_private_key_file=$pki/rsa.key
	secure_chroot_dir=$PWD
	anonymous_enable=NO
	local_enable=YES
	END
	local pid
	spawn pid box vsftpd "$PWD/vsftpd.conf" >/dev/null 2>&1
	await 10 listens 4521 || skip "vsftpd does not start here"
	open 4521 | tls --starttls ftp >out
	same 4521 rsa
	reap "$pid"
}

# ---- real servers ----

@test "nginx" {
	command -v nginx >/dev/null || skip "nginx is not installed"
	cat >nginx.conf <<-END
	daemon off;
	master_process off;
	pid $PWD/nginx.pid;
	error_log $PWD/error.log;
	events {}
	http {
	    access_log off;
	    client_body_temp_path $PWD/a; proxy_temp_path $PWD/b;
	    fastcgi_temp_path $PWD/c; uwsgi_temp_path $PWD/d;
	    scgi_temp_path $PWD/e;
	    ssl_protocols TLSv1.2 TLSv1.3;
	    server {
		listen 127.0.0.1:4500 ssl http2;
		server_name one.example.org;
		ssl_certificate $pki/rsa.crt;
		ssl_certificate_key $pki/rsa.key;
	    }
	    server {
		listen 127.0.0.1:4500 ssl http2;
		server_name www.example.org;
		ssl_certificate $pki/chain.pem;
		ssl_certificate_key $pki/leaf.key;
	    }
	}
	END
	local pid
	spawn pid box nginx -c "$PWD/nginx.conf" -p "$PWD" >/dev/null 2>&1
	await 10 listens 4500
	name=www.example.org open 4500 | tls --ca "$pki/root.crt" >out
	same 4500 leaf
	assert_equal "$(of 4500 alpn mismatched untrusted)" "h2 0 0"
	open 4500 | tls --full >out
	same 4500 rsa
	assert_equal "$(of 4500 tls_version)" tls13
	reap "$pid"
}

@test "haproxy" {
	command -v haproxy >/dev/null || skip "haproxy is not installed"
	cat "$pki/leaf.crt" "$pki/mid.crt" "$pki/leaf.key" >all.pem
	cat >haproxy.cfg <<-END
	defaults
	    mode http
	    timeout client 5s
	    timeout server 5s
	    timeout connect 5s
	frontend f
	    bind 127.0.0.1:4501 ssl crt $PWD/all.pem ssl-min-ver TLSv1.2 alpn http/1.1
	    http-request return status 200
	END
	local pid
	spawn pid box haproxy -db -f haproxy.cfg >/dev/null 2>&1
	await 10 listens 4501
	open 4501 | tls >out
	same 4501 leaf
	assert_equal "$(of 4501 chain_len alpn)" "2 http/1.1"
	reap "$pid"
}

# ---- which records ----

@test "other records pass, and metas keep behind what they were behind" {
	{
		printf '%s\n' $'#prt\tscan\tid=7'
		open 4401
		printf '%s\n' $'127.0.0.1\t53\tudp\topen\tudp-response' \
		    $'192.0.2.1\t-\thost\tup\techo-reply' \
		    $'192.0.2.1\t23\ttcp\tclosed\treset\tx=y' \
		    $'#prt\tstat\tby=prt-listen'
		open 4400
	} >in
	tls <in >out
	assert_equal "$(head -1 out)" $'#prt\tscan\tid=7'
	for line in $'127.0.0.1\t53\tudp\topen\tudp-response' \
	    $'192.0.2.1\t-\thost\tup\techo-reply' \
	    $'192.0.2.1\t23\ttcp\tclosed\treset\tx=y'; do
		grep -qxF "$line" out
	done
	# 4400 may come before the stat record that it was behind
	run cut -f2 <(sed -n '/4401/,/by=prt-listen/p' out)
	assert_line --index 0 4401
	assert_equal "$(tail -1 out | cut -f3)" by=prt-tls
}

@test "targets become results, a port that refuses is closed, old fields go" {
	printf '%s\n' '127.0.0.1 4400,9999 tcp' \
	    $'127.0.0.1\t5010\ttcp\topen\tsyn-ack\ttls=yes\tsubject_cn=old\ttag=t' |
	    tls >out
	grep -q $'^127.0.0.1\t4400\ttcp\topen\tsyn-ack\ttls=yes' out
	grep -qx $'127.0.0.1\t9999\ttcp\tclosed\tconn-refused' out
	grep -qx $'127.0.0.1\t5010\ttcp\topen\tsyn-ack\ttag=t\ttls=no\ttls_reason=closed' out
}

@test "NDJSON in and out" {
	open 4400 | prt-fmt -j | tls -j >out
	jq -es '.[0].tls == "yes" and .[0].chain_len == 2 and
	    (.[0].subject_an | index("*.example.net")) and
	    .[0].expired == false and .[1].prt == "stat" and .[1].complete' out
}

@test "10,000 endpoints in one run" {
	local i

	[[ -z ${SANITIZE-} ]] || skip "measures the program as it is built"
	for i in {1..25}; do at=127.0.1.$i open {4400,4401,4404,5004,9999}; done |
	    awk '{ for (i = 0; i < 80; i++) print }' >in
	on box timed log cat in '|' prt-tls --per-host 1000 --parallel 200 >out
	assert_equal "$(stat_of open) $(stat_of certs)" "8000 6000" ||
	    assert_equal "$(stat_of certs)" 6000
	assert [ "$(jq '.parts[1].rss_kib' log)" -lt 48000 ]
}

# ---- manners ----

@test "it has no privilege and few system calls left" {
	mkfifo pipe
	on box prt-tls <pipe >out &
	local pid=$! p
	exec 9>pipe
	open 4400 >&9
	await 5 grep -q tls=yes out
	p=$(pgrep -P $pid prt-tls || echo $pid)
	run cat "/proc/$p/status"
	exec 9>&-
	wait $pid
	assert_line $'NoNewPrivs:\t1'
	assert_line --regexp $'^CapEff:\t0+$'
	[[ -n ${SANITIZE-} ]] || assert_line $'Seccomp:\t2'
}

@test "a malformed line is named, the rest goes on; --strict stops" {
	{ open 4400; echo example.org 80; open 4401; } >in
	run --separate-stderr tls <in
	assert_failure 1
	[[ $stderr == "prt-tls: stdin:2: "* ]]
	assert_output --partial certs=2
	run --separate-stderr tls --strict <in
	assert_failure 1
	assert_output --partial complete=0
}

@test "reserved space is refused, and passes; no route is an error" {
	{ echo "224.0.0.1 80 tcp"; at=203.0.113.1 open 443; } >in
	run --separate-stderr tls <in
	assert_failure 1
	[[ $stderr == *"stdin:1: "*"--allow-reserved"* ]]
	[[ $stderr == *"cannot send to 203.0.113.1"* ]]
	assert_line $'224.0.0.1\t80\ttcp'
	assert_output --partial $'unreached=1\t'
}

@test "a full disk is an error, a closed pipe is not" {
	open 4400 4401 >in
	run on box bash -c 'prt-tls <in >/dev/full'
	assert_failure 1
	# shellcheck disable=SC2016
	run on box bash -c 'prt-tls <in | head -n1 >/dev/null
	    echo ${PIPESTATUS[0]}'
	assert_output 0
}

@test "SIGTERM: what is in work as it came, status 4" {
	open 4400 5005 >in
	# shellcheck disable=SC2016
	on box bash -c 'prt-tls <in >out & p=$!
	    sleep 0.7; kill -TERM $p; wait $p; echo $? >status'
	assert_equal "$(cat status)" 4
	assert_equal "$(of 4400 tls)" yes
	grep -qx $'127.0.0.1\t5005\ttcp\topen\tsyn-ack' out
	assert_equal "$(stat_of complete)" 0
}

@test "usage" {
	run prt-tls 127.0.0.1 </dev/null
	assert_failure 2
	assert_output --partial "records come on stdin"
	run prt-tls --fields
	assert_success
	assert_line --partial fingerprint_sha256
}

@test "--fields names every field that is written" {
	{
		open 4400 4402 4403 5006
		open 5004 | sed 's/$/\tservice=imap/'
	} | tls --cipher-enum --jarm --expiring 1d --timeout 2s --verify \
	    --ca "$pki/root.crt" >out
	prt-tls --fields | cut -f1 | LC_ALL=C sort >named
	grep -v '^#' out | cut -f6- >pairs
	grep '^#' out | cut -f3- >>pairs
	tr '\t' '\n' <pairs | cut -d= -f1 | grep -vx service |
	    LC_ALL=C sort -u >written
	assert_equal "$(comm -23 written named | tr '\n' ' ')" ""
}
