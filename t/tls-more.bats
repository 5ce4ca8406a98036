#!/usr/bin/env bats
# What prt-tls finds out beyond the certificate, against a second opinion of each:
# JARM (t/lib/jarm.py), JA3S (tshark), SSL 2.0 (t/lib/ssl2.py), DTLS and usages
# (openssl).
# bats file_tags=net

# shellcheck source=t/lib/net.bash
source "$BATS_TEST_DIRNAME/lib/net.bash"
# shellcheck source=t/lib/tls.bash
source "$BATS_TEST_DIRNAME/lib/tls.bash"
net_fresh

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup_file() {
	local p ec=(-newkey ec -pkeyopt ec_paramgen_curve:P-256)

	net_guard
	export pki=$BATS_FILE_TMPDIR
	host box
	make_cert leaf leaf 90 /CN=www.example.org "${ec[@]}" \
	    -addext "basicConstraints=critical,CA:FALSE" \
	    -addext "keyUsage=digitalSignature,keyEncipherment" \
	    -addext "extendedKeyUsage=serverAuth,clientAuth,1.2.3.4"
	make_cert ca ca 90 /CN=ca.example.org "${ec[@]}" \
	    -addext "basicConstraints=critical,CA:TRUE,pathlen:2" \
	    -addext "keyUsage=digitalSignature,keyCertSign,cRLSign,decipherOnly"
	make_cert rsa rsa 90 /CN=rsa.example.org -newkey rsa:2048
	server 4400 leaf
	server 4401 ca -tls1_2
	server 4402 rsa -tls1_3 -alpn h2
	server 4403 rsa -tls1_1 -cipher 'ALL:@SECLEVEL=0'
	server 4404 rsa -serverpref -alpn http/1.1
	server 4405 leaf -tls1_3 -groups P-384
	for p in {4400..4405}; do
		await 10 listens "$p"
	done
}

setup() {
	net_guard
	cd "$BATS_TEST_TMPDIR" || return 1
}

# ---- JARM ----

# like PORT [NAME]: is its JARM what the other program finds?
like() {
	on box python3 "$NET_DIR/t/lib/jarm.py" 127.0.0.1 "$@" >theirs
	assert_equal "$1 $(of "$1" jarm_hash)" "$1 $(tail -n1 theirs)"
}

@test "JARM of servers of OpenSSL is what another program finds" {
	local p

	open {4400..4405} | tls --jarm >out
	for p in {4400..4405}; do
		like "$p"
	done
	# two of them differ in what ServerHellos do not show
	assert_equal "$(grep -o 'jarm_hash=[0-9a-f]*' out | sort -u | wc -l)" 5
	name=www.example.org open 4400 | tls --jarm >out
	like 4400 www.example.org
	assert_equal "$(stat_of sent)" 11
}

@test "JARM of nginx" {
	command -v nginx >/dev/null || skip "nginx is not installed"
	local pid
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
	    ssl_certificate $pki/rsa.crt;
	    ssl_certificate_key $pki/rsa.key;
	    server {
		listen 127.0.0.1:4500 ssl http2;
		ssl_protocols TLSv1.2 TLSv1.3;
	    }
	    server {
		listen 127.0.0.1:4501 ssl;
		ssl_protocols TLSv1.2;
		ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256:AES256-SHA;
	    }
	}
	END
	spawn pid box nginx -c "$PWD/nginx.conf" -p "$PWD" >/dev/null 2>&1
	await 10 listens 4501
	open 4500 4501 | tls --jarm >out
	like 4500
	like 4501
	# 0xc02f is the 41st suite of JARM, and "d" TLS 1.2
	[[ $(of 4501 jarm_hash) == 29d* ]]
	reap "$pid"
}

@test "JARM of a server that refuses everything, and of none" {
	local pid

	cat >refuse.py <<-'END'
	import socket
	l = socket.create_server(("127.0.0.1", 4420), backlog=50)
	print("ready", flush=True)
	while True:
	    c, _ = l.accept()
	    c.recv(4096)
	    c.sendall(b"\x15\3\3\0\2\2\x28")
	    c.close()
	END
	spawn pid box python3 refuse.py >said
	await 5 grep -q ready said
	open 4420 9999 | tls --jarm --timeout 5s >out
	assert_equal "$(of 4420 tls jarm_hash)" "yes $(printf '0%.0s' {1..62})"
	assert_equal "$(of 4420 tls_reason)" handshake_failure
	refute grep -q '9999.*jarm' out
	reap "$pid"
}

# ---- JA3S ----

@test "JA3S is what tshark makes of the same ServerHello" {
	local o p

	[[ $NET_UID -eq 0 ]] ||
	    skip 'run by root, tcpdump wants to be another user, who does not exist here'
	for o in "" --full; do
		spawn pid box tcpdump -U -i lo -w cap.pcap \
		    'tcp portrange 4400-4405' >/dev/null 2>said
		await 20 grep -q 'listening on' said
		# shellcheck disable=SC2086
		open {4400..4405} | tls $o >out
		await 20 sees 6
		for p in {4400..4405}; do
			assert_equal "$p $(of "$p" ja3s_hash)" \
			    "$(grep "^$p " seen | tail -n1)"
		done
		reap "$pid"
		rm cap.pcap
	done
}

# sees N: has tshark seen hellos of so many ports? Of each the last one is that of what
# is reported; before it may be a request for another.
sees() {
	tshark -r cap.pcap -Y 'tls.handshake.type == 2' -d tcp.port==4400-4405,tls \
	    -T fields -E separator=' ' -e tcp.srcport -e tls.handshake.ja3s \
	    >seen 2>/dev/null
	[[ $(cut -d' ' -f1 seen | sort -u | wc -l) -eq $1 ]]
}

# ---- servers that take no name or protocol ----

@test "a server that refuses ALPN, or the name, is asked without" {
	local pid o

	cat >picky.py <<-'END'
	import socket, threading
	def pump(a, b):
	    try:
	        while (d := a.recv(65536)):
	            b.sendall(d)
	        b.shutdown(socket.SHUT_RDWR)
	    except OSError:
	        a.close()
	        try:
	            b.shutdown(socket.SHUT_RDWR)
	        except OSError:
	            pass
	def serve(port, real, word, alert):
	    l = socket.create_server(("127.0.0.1", port), backlog=50)
	    while True:
	        c, _ = l.accept()
	        h = c.recv(65536)
	        if word in h:
	            c.sendall(b"\x15\3\3\0\2\2" + bytes([alert]))
	            c.close()
	            continue
	        r = socket.create_connection(("127.0.0.1", real))
	        r.sendall(h)
	        threading.Thread(target=pump, args=(r, c), daemon=True).start()
	        threading.Thread(target=pump, args=(c, r), daemon=True).start()
	for a in ((4460, 4400, b"http/1.1", 120), (4461, 4402, b"http/1.1", 120),
	          (4462, 4402, b"www.example.org", 112)):
	    threading.Thread(target=serve, args=a).start()
	print("ready", flush=True)
	END
	spawn pid box python3 picky.py >said
	await 5 grep -q ready said
	for o in "" --full; do
		# shellcheck disable=SC2086
		name=www.example.org open 4460 4461 4462 | tls $o >out
		same 4460 leaf
		same 4461 rsa
		same 4462 rsa
		assert_equal "$(grep -c 'alpn=\|sni=' out)" 0
	done
	assert_equal "$(of 4461 tls_reason)" ""
	open 4460 | tls --full >out
	assert_equal "$(stat_of sent)" 2
	reap "$pid"
}

# ---- SSL 2.0 ----

@test "SSL 2.0: the version, and all ciphers at once" {
	local pid other

	spawn pid box python3 "$NET_DIR/t/lib/ssl2.py" 4430 0700c0,010080,020080 0 \
	    >ready
	spawn other box python3 "$NET_DIR/t/lib/ssl2.py" 4431 060040 3 >ready2
	await 5 grep -q ready ready
	await 5 grep -q ready ready2
	open 4430 4431 | tls --cipher-enum >out
	assert_equal "$(of 4430 tls tls_reason version_enum)" "yes closed ssl20"
	assert_equal "$(of 4430 cipher_enum)" \
	    ssl20:SSL_CK_DES_192_EDE3_CBC_WITH_MD5,ssl20:SSL_CK_RC4_128_WITH_MD5,ssl20:SSL_CK_RC4_128_EXPORT40_WITH_MD5
	assert_equal "$(of 4430 cipher_weak)" \
	    SSL_CK_DES_192_EDE3_CBC_WITH_MD5,SSL_CK_RC4_128_WITH_MD5,SSL_CK_RC4_128_EXPORT40_WITH_MD5
	assert_equal "$(of 4430 tls_issues)" old-version,weak-cipher
	assert_equal "$(of 4431 version_enum cipher_enum)" \
	    "ssl20 ssl20:SSL_CK_DES_64_CBC_WITH_MD5"
	# the TLS hello, the whole handshake, and one of SSL 2.0
	assert_equal "$(stat_of sent)" 6
	open 4430 | tls --version-enum >out
	assert_equal "$(of 4430 version_enum cipher_enum)" ssl20
	open 4430 | tls >out
	assert_equal "$(of 4430 tls tls_reason)" "no closed"
	reap "$pid"
	reap "$other"
}

@test "nmap finds the same of that server of SSL 2.0" {
	local pid

	spawn pid box python3 "$NET_DIR/t/lib/ssl2.py" 443 0700c0,010080,020080 0 \
	    >ready
	await 5 grep -q ready ready
	on box nmap -n -Pn -p 443 --script sslv2 127.0.0.1 >report
	open 443 | tls --cipher-enum >out
	grep -o 'SSL2_[A-Z0-9_]*' report | sed 's/^SSL2/SSL_CK/' |
	    LC_ALL=C sort >theirs
	[ -s theirs ]
	of 443 cipher_enum | tr , '\n' | sed 's/.*://' | LC_ALL=C sort |
	    diff theirs -
	reap "$pid"
}

# ---- DTLS ----

# dtls_server PORT CERT ARGUMENT...: it wants to be alone with its client, and reads
# what is to be said to it from stdin.
dtls_server() {
	# shellcheck disable=SC2034 # spawn sets it
	local port=$1 cert=$pki/$2 pid

	shift 2
	mkfifo "in.$port" 2>/dev/null || :
	# shellcheck disable=SC2016 # the inner shell's
	spawn pid box bash -c 'exec openssl s_server "$@" <>"$0"' "in.$port" \
	    -accept "$port" -cert "$cert.crt" -key "$cert.key" "$@" \
	    >/dev/null 2>&1
	await 10 hears "$port"
}

hears() {
	[[ -n $(on box ss -Hlun "sport = :$1") ]]
}

# udp STATE PORT...: records of UDP ports
udp() {
	local p

	for p in "${@:2}"; do
		printf '127.0.0.1\t%s\tudp\t%s\tudp-response\n' "$p" "$1"
	done
}

@test "DTLS: version and certificate, with a cookie, in fragments, and of 1.0" {
	local p

	dtls_server 4440 leaf -dtls1_2 -listen
	dtls_server 4441 rsa -dtls1_2 -mtu 300
	dtls_server 4442 rsa -dtls1 -cipher 'ALL:@SECLEVEL=0'
	udp 'open|filtered' {4440..4442} | tls --dtls >out
	same 4440 leaf
	same 4441 rsa
	same 4442 rsa
	assert_equal "$(of 4440 tls tls_version cipher)" \
	    "yes dtls12 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
	assert_equal "$(of 4441 tls_version) $(of 4442 tls_version)" \
	    "dtls12 dtls10"
	[[ $(of 4442 tls_issues) == old-version,* ]]
	assert_equal "$(cut -f4 out | sort | uniq -c | grep -c '3 open$')" 1
	assert_equal "$(stat_of certs) $(stat_of open)" "3 3"
}

@test "DTLS: where nobody is, or something else, or a cookie is never enough" {
	local pid

	cat >udp.py <<-'END'
	import socket, select
	def bind(port):
	    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	    s.bind(("127.0.0.1", port))
	    return s
	silent, echo, cookies, alert = map(bind, range(4450, 4454))
	print("ready", flush=True)
	while True:
	    for s in select.select([echo, cookies, alert], [], [])[0]:
	        d, who = s.recvfrom(4096)
	        if s is echo:
	            s.sendto(b"hello?", who)
	        elif s is cookies:
	            m = b"\3\0\0\7\0\0\0\0\0\0\0\7\xfe\xff\4cook"
	            s.sendto(b"\x16\xfe\xff" + bytes(9) + bytes([len(m)]) + m, who)
	        else:
	            s.sendto(b"\x15\xfe\xfd" + bytes(9) + b"\2\2\x28", who)
	END
	spawn pid box python3 udp.py >said
	await 5 grep -q ready said
	{
		udp open {4450..4454}
		printf '127.0.0.1\t4450\tudp\n127.0.0.1\t4450\tudp\topen|filtered\tno-response\n'
	} | tls --dtls --timeout 2500ms >out
	assert_equal "$(of 4451 tls tls_reason)" "no not-tls"
	assert_equal "$(of 4452 tls tls_reason)" "no malformed"
	assert_equal "$(of 4453 tls tls_reason)" "yes handshake_failure"
	grep -qx $'127.0.0.1\t4454\tudp\tclosed\tport-unreach' out
	# silence is no news but of a port that is known to be open
	grep -qx $'127.0.0.1\t4450\tudp\topen\tudp-response\ttls=no\ttls_reason=timeout' out
	assert_equal "$(grep -cx $'127.0.0.1\t4450\tudp\topen|filtered\tno-response' out)" 2
	# asked are those that prt-service has found out to be of DTLS, or all
	udp open 4451 4453 | sed '2s/$/\tservice=dtls/' | tls >out
	grep -qx $'127.0.0.1\t4451\tudp\topen\tudp-response' out
	assert_equal "$(of 4453 tls)" yes
	reap "$pid"
}

# ---- suites ----

@test "a suite that the server chooses and then fails with hides no other" {
	local pid

	cat >broken.py <<-'END'
	import socket
	l = socket.create_server(("127.0.0.1", 4470), backlog=200)
	print("ready", flush=True)
	while True:
	    c, _ = l.accept()
	    h = c.recv(65536)
	    got = b""
	    # TLS 1.2 only
	    if len(h) > 46 and h[9:11] == b"\3\3" and b"\x03\x04\x00" not in h:
	        at = 44 + h[43]
	        n = int.from_bytes(h[at:at + 2], "big")
	        offered = [h[i:i + 2] for i in range(at + 2, at + 2 + n, 2)]
	        got = [s for s in (b"\0\x33", b"\0\x3c", b"\0\x2f") if s in offered]
	    if got and got[0] != b"\0\x33":
	        body = b"\3\3" + bytes(32) + b"\0" + got[0] + b"\0"
	        m = b"\2" + len(body).to_bytes(3, "big") + body + b"\x0e\0\0\0"
	        c.sendall(b"\x16\3\3" + len(m).to_bytes(2, "big") + m)
	    elif got:
	        c.sendall(b"\x15\3\3\0\2\2\x50")
	    else:
	        c.sendall(b"\x15\3\3\0\2\2\x28")
	    c.close()
	END
	spawn pid box python3 broken.py >said
	await 5 grep -q ready said
	open 4470 | tls --cipher-enum >out
	assert_equal "$(of 4470 cipher_enum)" \
	    tls12:TLS_RSA_WITH_AES_128_CBC_SHA256,tls12:TLS_RSA_WITH_AES_128_CBC_SHA
	reap "$pid"
}

# ---- usages ----

@test "usages and constraints are those that openssl shows" {
	open 4400 4401 4402 | tls >out
	assert_equal "$(of 4400 key_usage ext_key_usage)" \
	    "digitalSignature,keyEncipherment serverAuth,clientAuth,other"
	assert_equal "$(of 4400 ca path_len)" 0
	x509 leaf -ext keyUsage,extendedKeyUsage >text
	grep -q "Digital Signature, Key Encipherment" text
	grep -q "Server Authentication, .*Client Authentication, 1.2.3.4" text
	assert_equal "$(of 4401 key_usage ca path_len)" \
	    "digitalSignature,keyCertSign,cRLSign,decipherOnly 1 2"
	x509 ca -ext keyUsage | grep -q "Digital Signature, Certificate Sign, CRL Sign, Decipher Only"
	# where nothing is said, nothing is reported
	assert_equal "$(of 4402 key_usage ext_key_usage)" ""
}

# ---- as others tell it ----

@test "in nmap's XML a certificate is as nmap's ssl-cert has it" {
	local p k

	on box nmap -n -Pn -p 4400,4402 --script +ssl-cert -oX theirs.xml \
	    127.0.0.1 >/dev/null
	open 4400 4402 | tls | prt-fmt -o xml >ours.xml
	at() {
		xmllint --xpath "string(//port[@portid=$p]/script[@id='ssl-cert']$k)" "$1"
	}
	for p in 4400 4402; do
		for k in '/table[@key="subject"]/elem[@key="commonName"]' \
		    '/table[@key="issuer"]/elem[@key="commonName"]' \
		    '/table[@key="pubkey"]/elem[@key="type"]' \
		    '/table[@key="pubkey"]/elem[@key="bits"]' \
		    '/elem[@key="sig_algo"]' \
		    '/table[@key="validity"]/elem[@key="notBefore"]' \
		    '/table[@key="validity"]/elem[@key="notAfter"]'; do
			[ -n "$(at theirs.xml)" ]
			assert_equal "$p $k $(at ours.xml)" "$p $k $(at theirs.xml)"
		done
	done
}
