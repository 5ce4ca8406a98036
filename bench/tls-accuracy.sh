#!/usr/bin/env bash
# tls-accuracy.sh - does prt-tls say of real servers what openssl(1) and nmap say?
# Starts apache, nginx, haproxy, stunnel, Exim, Dovecot, vsftpd and PostgreSQL in a
# network namespace with no way out, each set up in its own way, TLS from the start or
# by STARTTLS, and holds every field against theirs (bench/tls-accuracy.py). Needs
# root, as servers do.

set -euo pipefail
if [[ $EUID -ne 0 ]]; then
	echo 'tls-accuracy: servers want root: run it by sudo' >&2
	exit 3
fi
# shellcheck source=t/lib/net.bash
source "$(dirname "$0")/../t/lib/net.bash"
# shellcheck source=t/lib/tls.bash
source "$(dirname "$0")/../t/lib/tls.bash"
net_fresh

cd "$NET_DIR"
tmp=$(mktemp -d /run/tls-accuracy.XXXXXX)
pki=$tmp
chmod 755 "$tmp"
host box
started=()
trap stop EXIT

stop()
{
	kill "${started[@]}" 2>/dev/null || :
	wait
	rm -rf "$tmp"
}

certificates()
{
	local ec=(-newkey ec -pkeyopt ec_paramgen_curve:P-256)
	local ca=(-addext "basicConstraints=critical,CA:TRUE,pathlen:0"
	    -addext "keyUsage=critical,keyCertSign,cRLSign")
	local leaf=(-addext "basicConstraints=critical,CA:FALSE"
	    -addext "keyUsage=critical,digitalSignature,keyEncipherment"
	    -addext "extendedKeyUsage=serverAuth,clientAuth"
	    -addext "authorityInfoAccess=OCSP;URI:http://ocsp.example/,caIssuers;URI:http://ca.example/m"
	    -addext "crlDistributionPoints=URI:http://crl.example/"
	    -addext "subjectAltName=DNS:www.example.org,DNS:*.example.net,IP:192.0.2.7,email:a@example.org")

	make_cert root root 3650 "/O=Test/CN=Root" "${ec[@]}"
	make_cert mid root 1000 "/O=Test, Ltd/CN=Mid" "${ec[@]}" "${ca[@]}"
	make_cert ec mid 90 '/C=XX/O=Ex"ample/OU=a+b/CN=www.example.org' \
	    "${ec[@]}" "${leaf[@]}"
	make_cert rsa mid 30 "/CN=rsa.example.org" -newkey rsa:3072 -sha384 \
	    "${leaf[@]}"
	make_cert self self 10 "/CN=self.example.org" -newkey rsa:2048 -sha1
	make_cert p384 root 10 "/emailAddress=a@example.org/CN=p384.example.org" \
	    -newkey ec -pkeyopt ec_paramgen_curve:P-384 -sha512
	for c in ec rsa; do
		cat "$pki/$c.crt" "$pki/mid.crt" >"$pki/$c.chain"
		cat "$pki/$c.chain" "$pki/$c.key" >"$pki/$c.all"
	done
	chmod 644 "$pki"/*
}

# begin COMMAND...: stop() ends it. Who becomes another user is not told of the
# death of its parent.
begin()
{
	local pid

	spawn pid box "$@" >"$tmp/${1##*/}.log" 2>&1 </dev/null
	started+=("$pid")
}

web()
{
	cat >"$tmp/nginx.conf" <<-EOF
		daemon off;
		master_process off;
		pid $tmp/nginx.pid;
		error_log $tmp/nginx.log;
		events {}
		http {
		  access_log off;
		  server { listen 443 ssl http2;
		    ssl_protocols TLSv1.2 TLSv1.3;
		    ssl_certificate $pki/ec.chain;
		    ssl_certificate_key $pki/ec.key;
		    ssl_certificate $pki/rsa.chain;
		    ssl_certificate_key $pki/rsa.key; }
		}
	EOF
	begin nginx -c "$tmp/nginx.conf"
	cat >"$tmp/apache.conf" <<-EOF
		ServerName accuracy.invalid
		Listen 8443
		PidFile $tmp/apache.pid
		ErrorLog $tmp/apache.log
		LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
		LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
		LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so
		SSLEngine on
		SSLProtocol -all +TLSv1.2
		SSLCipherSuite ECDHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES128-SHA256:AES256-SHA
		SSLHonorCipherOrder on
		SSLCertificateFile $pki/rsa.chain
		SSLCertificateKeyFile $pki/rsa.key
	EOF
	begin apache2 -X -f "$tmp/apache.conf"
	cat >"$tmp/haproxy.cfg" <<-EOF
		defaults
		  mode http
		  timeout client 10s
		  timeout server 10s
		  timeout connect 1s
		frontend in
		  bind :9443 ssl crt $pki/ec.all ssl-min-ver TLSv1.0 ciphers ALL:@SECLEVEL=0 alpn h2,http/1.1
		  http-request deny
	EOF
	begin haproxy -db -f "$tmp/haproxy.cfg"
	cat >"$tmp/stunnel.conf" <<-EOF
		foreground = yes
		pid =
		[in]
		accept = 8444
		connect = 127.0.0.1:1
		sslVersion = TLSv1.3
		cert = $pki/p384.crt
		key = $pki/p384.key
	EOF
	begin stunnel4 "$tmp/stunnel.conf"
}

mail()
{
	mkdir -p "$tmp"/{exim,dovecot}
	chown Debian-exim "$tmp/exim"
	cat >"$tmp/exim.conf" <<-EOF
		primary_hostname = accuracy.invalid
		spool_directory = $tmp/exim
		log_file_path = $tmp/exim/%slog
		rfc1413_query_timeout = 0s
		smtp_accept_max = 0
		daemon_smtp_ports = 25 : 465
		tls_on_connect_ports = 465
		tls_advertise_hosts = *
		tls_certificate = $pki/rsa.chain
		tls_privatekey = $pki/rsa.key
		begin routers
	EOF
	chown root:root "$tmp/exim.conf"
	begin /usr/sbin/exim4 -bdf -C "$tmp/exim.conf"
	cat >"$tmp/dovecot.conf" <<-EOF
		protocols = imap pop3 lmtp sieve
		log_path = $tmp/dovecot/log
		base_dir = $tmp/dovecot
		state_dir = $tmp/dovecot
		ssl_cert = <$pki/self.crt
		ssl_key = <$pki/self.key
		service lmtp {
		  inet_listener lmtp {
		    port = 24
		  }
		}
		passdb {
		  driver = pam
		}
		userdb {
		  driver = passwd
		}
	EOF
	begin dovecot -F -c "$tmp/dovecot.conf"
}

rest()
{
	mkdir "$tmp/vsftpd"
	cat >"$tmp/vsftpd.conf" <<-EOF
		listen=YES
		background=NO
		ssl_enable=YES
		rsa_cert_file=$pki/self.crt
		rsa_private_key_file=$pki/self.key
		secure_chroot_dir=$tmp/vsftpd
		anonymous_enable=NO
		local_enable=YES
	EOF
	begin vsftpd "$tmp/vsftpd.conf"
	chmod 1777 "$tmp"
	install -d -o postgres -g postgres -m 700 "$tmp/pg"
	as=(setpriv --reuid postgres --regid postgres --init-groups)
	"${as[@]}" /usr/lib/postgresql/15/bin/initdb -D "$tmp/pg" >/dev/null
	chmod 755 "$tmp"
	install -o postgres -m 600 "$pki/ec.key" "$tmp/pg/server.key"
	install -o postgres -m 600 "$pki/ec.chain" "$tmp/pg/server.crt"
	begin "${as[@]}" /usr/lib/postgresql/15/bin/postgres -D "$tmp/pg" \
	    -p 5432 -k "$tmp/pg" -c ssl=on
}

certificates
web
mail
rest
cat >"$tmp/servers" <<-EOF
	443 - nginx, two certificates
	8443 - apache, TLS 1.2
	9443 - haproxy, from TLS 1.0 on
	8444 - stunnel, TLS 1.3
	465 - Exim (GnuTLS)
	25 smtp Exim (GnuTLS)
	993 - Dovecot
	143 imap Dovecot
	110 pop3 Dovecot
	24 lmtp Dovecot
	4190 sieve Dovecot
	21 ftp vsftpd
	5432 postgres PostgreSQL
EOF
while read -r port _ who; do
	await 20 listens "$port" || {
		echo "tls-accuracy: nothing listens on $port ($who):" >&2
		tail -n 3 "$tmp"/*.log >&2
		exit 1
	}
done <"$tmp/servers"
# Some listen before they answer.
sleep 2
on box bench/tls-accuracy.py "$tmp/servers" "$tmp"
