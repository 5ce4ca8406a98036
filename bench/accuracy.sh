#!/usr/bin/env bash
# accuracy.sh - are real servers named right? Starts those of bench/servers in a
# network namespace with no way out, takes the truth from that table and from
# dpkg, and holds what prt-service says against it, and nmap -sV beside it where
# that is installed; then ports where nothing will ever answer. ONLY= picks
# servers by a regular expression for "port package", NMAP= leaves nmap out. Needs
# root, as servers do.

set -euo pipefail
if [[ $EUID -ne 0 ]]; then
	echo 'accuracy: servers want root: run it by sudo' >&2
	exit 3
fi
# shellcheck source=t/lib/net.bash
source "$(dirname "$0")/../t/lib/net.bash"
net_fresh

cd "$NET_DIR"
out=$NET_BUILD/bench
tmp=$(mktemp -d /run/accuracy.XXXXXX)
mkdir -p "$out" "$tmp/www" /run/sshd
chmod 755 "$tmp"
export tmp
: "${ONLY=}" "${NMAP=nmap}"

# The upstream version of a package.
upstream()
{
	dpkg-query -W -f '${Version}' "$1" |
	    sed -E 's/^[0-9]+://; s/-[^-]*$//; s/[+~.](ds|dfsg|really|repack).*//'
}

# What the servers of the table want to find in $tmp.
settle()
{
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$tmp/key.pem" \
	    -out "$tmp/cert.pem" -days 2 -subj /CN=accuracy.invalid 2>/dev/null
	cat "$tmp/key.pem" "$tmp/cert.pem" >"$tmp/both.pem"
	chmod 644 "$tmp"/*.pem
	echo '<title>accuracy</title>' >"$tmp/www/index.html"
	ssh-keygen -q -t ed25519 -N '' -f "$tmp/ssh_key"
	dropbearkey -t ed25519 -f "$tmp/dropbear_key" >/dev/null 2>&1
	svnadmin create "$tmp/svn"
	mkdir "$tmp"/{vsftpd,exim,dovecot,squid,icecast,tor}
	chown Debian-exim "$tmp/exim"
	chown proxy "$tmp/squid"
	chown nobody "$tmp/icecast"
	configure_mail
	configure_web
	configure_rest
	databases
}

configure_mail()
{
	cat >"$tmp/exim.conf" <<-EOF
		primary_hostname = accuracy.invalid
		spool_directory = $tmp/exim
		log_file_path = $tmp/exim/%slog
		rfc1413_query_timeout = 0s
		begin routers
	EOF
	chown root:root "$tmp/exim.conf"
	cat >"$tmp/dovecot.conf" <<-EOF
		protocols = imap pop3 lmtp sieve
		log_path = $tmp/dovecot/log
		base_dir = $tmp/dovecot
		state_dir = $tmp/dovecot
		ssl_cert = <$tmp/cert.pem
		ssl_key = <$tmp/key.pem
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
}

configure_web()
{
	cat >"$tmp/nginx.conf" <<-EOF
		daemon off;
		pid $tmp/nginx.pid;
		error_log $tmp/nginx.log;
		events {}
		http {
		  access_log off;
		  server { listen 8080; root $tmp/www; }
		  server { listen 443 ssl; root $tmp/www;
		    ssl_certificate $tmp/cert.pem;
		    ssl_certificate_key $tmp/key.pem; }
		}
	EOF
	cat >"$tmp/apache.conf" <<-EOF
		ServerName accuracy.invalid
		Listen 8081
		PidFile $tmp/apache.pid
		ErrorLog $tmp/apache.log
		DocumentRoot $tmp/www
		LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
		LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
	EOF
	printf '%s\n' "server.document-root = \"$tmp/www\"" \
	    'server.port = 8082' >"$tmp/lighttpd.conf"
	cat >"$tmp/haproxy.cfg" <<-EOF
		defaults
		  mode http
		  timeout client 10s
		  timeout server 10s
		  timeout connect 1s
		frontend in
		  bind :8083
		  http-request deny
	EOF
	cat >"$tmp/squid.conf" <<-EOF
		http_port 3129
		visible_hostname accuracy.invalid
		pid_filename $tmp/squid/pid
		cache_log $tmp/squid/log
		access_log none
	EOF
	printf '%s\n' 'Port 8888' 'User nobody' >"$tmp/tinyproxy.conf"
	echo 'listen-address 127.0.0.1:8118' >"$tmp/privoxy.conf"
	cat >"$tmp/icecast.xml" <<-EOF
		<icecast>
		<authentication><source-password>x</source-password></authentication>
		<listen-socket><port>8014</port></listen-socket>
		<paths><basedir>/usr/share/icecast2</basedir>
		<logdir>$tmp/icecast</logdir><webroot>/usr/share/icecast2/web</webroot>
		<adminroot>/usr/share/icecast2/admin</adminroot></paths>
		</icecast>
	EOF
	cat >"$tmp/wsgi.py" <<-'EOF'
		def app(environ, start_response):
		    start_response('200 OK', [('Content-Type', 'text/plain')])
		    return [b'accuracy\n']

		async def asgi(scope, receive, send):
		    if scope['type'] != 'http':
		        return
		    await send({'type': 'http.response.start', 'status': 200,
		                'headers': []})
		    await send({'type': 'http.response.body', 'body': b'accuracy\n'})
	EOF
	cat >"$tmp/serve.py" <<-'EOF'
		import sys
		from wsgi import app

		kind, port = sys.argv[1], int(sys.argv[2])
		if kind == 'tornado':
		    import tornado.ioloop
		    import tornado.web
		    tornado.web.Application().listen(port)
		    tornado.ioloop.IOLoop.current().start()
		elif kind == 'aiohttp':
		    from aiohttp import web
		    web.run_app(web.Application(), port=port)
		elif kind == 'twisted':
		    from twisted.internet import reactor
		    from twisted.web import server, static
		    reactor.listenTCP(port, server.Site(static.Data(b'', 'text/plain')))
		    reactor.run()
		elif kind == 'waitress':
		    import waitress
		    waitress.serve(app, port=port)
		elif kind == 'gevent':
		    from gevent.pywsgi import WSGIServer
		    WSGIServer(('', port), app).serve_forever()
	EOF
	echo "require('http').createServer((q, r) => r.end('accuracy')).listen(\
	    process.argv[2])" >"$tmp/serve.js"
	echo 'run ->(env) { [200, {}, ["accuracy"]] }' >"$tmp/config.ru"
}

configure_rest()
{
	cat >"$tmp/vsftpd.conf" <<-EOF
		listen=YES
		background=NO
		anonymous_enable=YES
		secure_chroot_dir=$tmp/vsftpd
	EOF
	printf '%s\n' '[a]' "path=$tmp/www" >"$tmp/rsyncd.conf"
	cat >"$tmp/named.conf" <<-EOF
		options {
		  directory "$tmp";
		  listen-on port 5354 { 127.0.0.1; };
		  listen-on-v6 { none; };
		  pid-file none;
		  session-keyfile none;
		  recursion no;
		};
		controls { };
	EOF
	cat >"$tmp/ngircd.conf" <<-EOF
		[Global]
		  Name = irc.accuracy.invalid
		  Ports = 6668
		  ServerUID = nobody
		  MotdPhrase = accuracy
		[Options]
		  PAM = no
		  DNS = no
		  Ident = no
	EOF
	cat >"$tmp/torrc" <<-EOF
		DataDirectory $tmp/tor
		ControlPort 9051
		SocksPort 9052
		CookieAuthentication 1
	EOF
}

databases()
{
	chmod 1777 "$tmp"
	mariadb-install-db --no-defaults --user=mysql --datadir="$tmp/mysql" \
	    >/dev/null 2>&1
	install -d -o postgres -g postgres -m 700 "$tmp/pg"
	setpriv --reuid postgres --regid postgres --init-groups \
	    /usr/lib/postgresql/15/bin/initdb -D "$tmp/pg" >/dev/null
	chmod 755 "$tmp"
}

# The lines of bench/servers that are wanted.
servers()
{
	awk -F'\t' -v only="$ONLY" '/^[0-9]/ && $1 " " $2 ~ only' bench/servers
}

# start PORT COMMAND: everything that it leaves behind dies with this script.
start()
{
	local command=$2 pid

	if [[ $command == 'tls '* ]]; then
		command="socat OPENSSL-LISTEN:$1,reuseaddr,fork,verify=0,\
cert=$tmp/both.pem TCP:127.0.0.1:${command#tls }"
	fi
	(cd "$tmp" && exec setpriv --pdeathsig KILL -- env -i \
	    PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME="$tmp" LC_ALL=C.UTF-8 tmp="$tmp" \
	    PYTHONPATH="$tmp" bash -c "exec $command") \
	    >"$tmp/$1.log" 2>&1 </dev/null &
	pid=$!
	started+=("$pid")
}

is_open()
{
	[[ -n $(ss -Hltn "sport = :$1") ]]
}

# run WHO COMMAND...: what it cost to $out/accuracy-WHO.cost.
run()
{
	rm -f "$out/accuracy-$1.cost"
	timed -t 900 "$out/accuracy-$1.cost" "${@:2}"
}

stop()
{
	((${#started[@]} == 0)) || kill "${started[@]}" 2>/dev/null || :
}

started=()
trap stop EXIT
settle
while IFS=$'\t' read -r port package words product versioned command; do
	[[ $command == : ]] || start "$port" "$command"
	[[ $versioned == - ]] || versioned=$(upstream "$versioned")
	printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$port" "$package" "$words" \
	    "$product" "$versioned" "$([[ $command == tls* || $port == 443 ||
	    $port == 993 ]] && echo ssl)"
done < <(servers) >"$tmp/truth"
ports=()
while read -r port _; do
	if await 20 is_open "$port"; then
		ports+=("$port")
	else
		echo "accuracy: nothing listens on $port:" >&2
		tail -n 3 "$tmp/$port.log" >&2
	fi
done <"$tmp/truth"
# Some listen before they answer.
sleep 3

echo "accuracy: ${#ports[@]} servers" >&2
list=$(IFS=,; echo "${ports[*]}")
run prt prt-targets 127.0.0.1 -p "$list" '|' \
    prt-service --db share/service-probes -j >"$out/accuracy-prt.ndjson"
nmap=
if [[ -n $NMAP ]] && command -v "$NMAP" >/dev/null; then
	nmap=$out/accuracy-nmap.xml
	run nmap "$NMAP" -sV -T4 -Pn -n --allports \
	    -p "$list" -oX "$nmap" 127.0.0.1 >/dev/null
fi

# Ports where nothing will ever answer, and 64 KiB of anything.
services silent:7001-7003 drip:7004 flood:7005 close:7006 reset:7007 \
    curt:7008 binary:7009 >"$tmp/services" &
started+=("$!")
await 10 grep -q ready "$tmp/services"
run never prt-targets 127.0.0.1 -p 7001-7009 '|' \
    prt-service --db share/service-probes -j >"$out/accuracy-never.ndjson"

bench/accuracy.py "$tmp/truth" "$out" "$nmap"
