/* Servers of every kind on many ports, for the tests of what talks to them.
 *
 *	services [KIND:PORTS[:TEXT[:TEXT]]]...
 *
 * Each spec is opened on IPv4 and IPv6, any local address. Kinds:
 *
 *	banner:P:T	says T at once, and then nothing
 *	late:P:T	the same after two seconds
 *	reply:P:T	says T to whatever comes, and closes
 *	ask:P:Q:T	says T when what comes starts with Q; else nothing
 *	serial:P:Q:T	the same, one connection after the other
 *	silent:P	accepts and says nothing
 *	close:P		accepts and closes
 *	reset:P		accepts and resets
 *	curt:P		closes when something comes
 *	flood:P		says the same line without end
 *	drip:P		says a byte a second
 *	binary:P	says 64 KiB of all kinds of bytes, and closes
 *	echo:P		says what comes
 *	alert:P		answers with a TLS alert
 *	udp:P:T		answers each datagram with T
 *	udpask:P:Q:T	the same when it starts with Q
 *
 * tls-KIND is the TCP kind inside of TLS, with a certificate made at the start.
 * TEXT has \r \n \t \\ \xHH, and \: for a colon. Prints "ready" when every port
 * is open, and runs until it is killed. */
#include <sys/resource.h>
#include <sys/socket.h>

#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/clock.h"
#include "base/esc.h"
#include "world/loop.h"

#define BINARY	65536
#define LATE_NS	(2 * (uint64_t)NS_PER_S)

enum kind { BANNER, LATE, REPLY, ASK, SERIAL, SILENT, CLOSE, RESET, CURT, FLOOD,
	DRIP, BIN, ECHO, ALERT, UDP, UDPASK, NKIND };

static const char *const kind_name[NKIND] = { "banner", "late", "reply", "ask",
	"serial", "silent", "close", "reset", "curt", "flood", "drip", "binary",
	"echo", "alert", "udp", "udpask" };

struct spec {
	enum kind	 kind;
	bool		 tls;
	struct buf	 ask, say;
};

struct listener {
	struct loop_fd	 f;		/* first */
	struct spec	*spec;
	bool		 busy;		/* serial: with somebody */
};

struct client {
	struct loop_fd	 f;		/* first */
	struct loop_timer t;
	struct listener	*of;
	SSL		*ssl;
	bool		 shaking, last;
	struct str	 out;
	char		 echo[4096];
};

static struct loop loop;
static SSL_CTX *ctx;
static char binary[BINARY];
static char line[] = "all work and no play makes jack a dull boy\r\n";

static void client_ready(struct loop *, struct loop_fd *, uint32_t);

/* ---- clients ---- */

static void
hang_up(struct client *c, bool hard)
{
	struct linger l = { .l_onoff = 1 };

	loop_timer_clear(&loop, &c->t);
	loop_del(&loop, &c->f);
	if (c->of->spec->kind == SERIAL) {
		c->of->busy = false;
		loop_mod(&loop, &c->of->f, EPOLLIN);
	}
	if (hard)
		setsockopt(c->f.fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	if (c->ssl != NULL && !hard)
		SSL_shutdown(c->ssl);
	SSL_free(c->ssl);
	close(c->f.fd);
	free(c);
}

/* Bytes put, 0 when it has to wait, -1 when it is over. */
static long
put(struct client *c, struct str s)
{
	int n, e;

	if (c->ssl == NULL) {
		n = (int)send(c->f.fd, s.p, s.n, MSG_NOSIGNAL);
		return n == -1 && errno == EAGAIN ? 0 : n;
	}
	n = SSL_write(c->ssl, s.p, (int)s.n);
	if (n > 0)
		return n;
	e = SSL_get_error(c->ssl, n);
	return e == SSL_ERROR_WANT_WRITE || e == SSL_ERROR_WANT_READ ? 0 : -1;
}

static long
get(struct client *c, char *p, int n)
{
	int r, e;

	if (c->ssl == NULL) {
		r = (int)recv(c->f.fd, p, (size_t)n, 0);
		return r == 0 ? -1 : r == -1 && errno == EAGAIN ? 0 : r;
	}
	r = SSL_read(c->ssl, p, n);
	if (r > 0)
		return r;
	e = SSL_get_error(c->ssl, r);
	return e == SSL_ERROR_WANT_WRITE || e == SSL_ERROR_WANT_READ ? 0 : -1;
}

/* False when the client is gone. */
static bool
push(struct client *c)
{
	long n;

	while (c->out.n > 0) {
		if ((n = put(c, c->out)) == -1) {
			hang_up(c, true);
			return false;
		}
		if (n == 0) {
			loop_mod(&loop, &c->f, EPOLLIN | EPOLLOUT);
			return true;
		}
		c->out.p += n;
		c->out.n -= (size_t)n;
		if (c->out.n == 0 && c->of->spec->kind == FLOOD)
			c->out = (struct str){ line, sizeof(line) - 1 };
	}
	if (c->last) {
		hang_up(c, false);
		return false;
	}
	loop_mod(&loop, &c->f, EPOLLIN);
	return true;
}

static bool
say(struct client *c, struct str s, bool last)
{
	c->out = s;
	c->last = last;
	return push(c);
}

static void
timed(struct loop *l, struct loop_timer *t)
{
	struct client *c =
	    (struct client *)((char *)t - offsetof(struct client, t));

	if (c->of->spec->kind == LATE)
		say(c, buf_view(&c->of->spec->say), false);
	else if (say(c, STR("x"), false))
		loop_timer_set(l, t, l->now + NS_PER_S);
}

static void
greet(struct client *c)
{
	switch (c->of->spec->kind) {
	case BANNER:
		say(c, buf_view(&c->of->spec->say), false);
		break;
	case LATE:
		loop_timer_set(&loop, &c->t, loop.now + LATE_NS);
		break;
	case CLOSE:
		hang_up(c, false);
		break;
	case RESET:
		hang_up(c, true);
		break;
	case FLOOD:
		say(c, STR("x"), false);
		break;
	case DRIP:
		loop_timer_set(&loop, &c->t, 0);
		break;
	case BIN:
		say(c, (struct str){ binary, BINARY }, true);
		break;
	default:
		break;
	}
}

static bool
is_asked(const struct spec *s, const char *p, long n)
{
	return (size_t)n >= s->ask.n &&
	    (s->ask.n == 0 || memcmp(p, s->ask.p, s->ask.n) == 0);
}

static void
answer(struct client *c, long n)
{
	struct spec *s = c->of->spec;

	switch (s->kind) {
	case REPLY:
		say(c, buf_view(&s->say), true);
		break;
	case ASK:
	case SERIAL:
		if (is_asked(s, c->echo, n))
			say(c, buf_view(&s->say), true);
		break;
	case CURT:
		hang_up(c, false);
		break;
	case ECHO:
		say(c, (struct str){ c->echo, (size_t)n }, false);
		break;
	case ALERT:
		say(c, STR("\x15\x03\x03\0\x02\x02\x46"), true);
		break;
	default:
		break;
	}
}

static void
client_ready(struct loop *l, struct loop_fd *f, uint32_t events)
{
	struct client *c = (struct client *)f;
	char more[4096];
	int r, e;
	long n;

	(void)l;
	if (c->shaking) {
		if ((r = SSL_accept(c->ssl)) == 1) {
			c->shaking = false;
			loop_mod(&loop, f, EPOLLIN);
			greet(c);
			return;
		}
		e = SSL_get_error(c->ssl, r);
		if (e != SSL_ERROR_WANT_READ && e != SSL_ERROR_WANT_WRITE)
			hang_up(c, false);
		return;
	}
	if (c->out.n > 0) {
		if ((events & EPOLLOUT) && !push(c))
			return;
		if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) &&
		    get(c, more, sizeof(more)) == -1)
			hang_up(c, true);
		return;
	}
	if ((n = get(c, c->echo, sizeof(c->echo))) == -1)
		hang_up(c, false);
	else if (n > 0)
		answer(c, n);
}

/* ---- listeners ---- */

static void
accept_one(struct listener *of, int fd)
{
	struct client *c = calloc(1, sizeof(*c));

	if (c == NULL)
		err(1, "calloc");
	c->f = (struct loop_fd){ .fd = fd, .ready = client_ready };
	c->t.fire = timed;
	c->of = of;
	if (loop_add(&loop, &c->f, EPOLLIN) == -1)
		err(1, "epoll");
	if (!of->spec->tls) {
		greet(c);
		return;
	}
	c->shaking = true;
	if ((c->ssl = SSL_new(ctx)) == NULL || SSL_set_fd(c->ssl, fd) != 1)
		errx(1, "SSL_new");
	SSL_set_mode(c->ssl, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
	    SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_RELEASE_BUFFERS);
}

static void
listener_ready(struct loop *l, struct loop_fd *f, uint32_t events)
{
	struct listener *of = (struct listener *)f;
	int fd;

	(void)events;
	while (!of->busy && (fd = accept4(f->fd, NULL, NULL,
	    SOCK_NONBLOCK | SOCK_CLOEXEC)) != -1) {
		if (of->spec->kind == SERIAL) {
			of->busy = true;
			loop_mod(l, f, 0);
		}
		accept_one(of, fd);
	}
}

/* The answer comes from the address that was asked: what the kernel says of that
 * goes back to it. */
static void
datagram_ready(struct loop *l, struct loop_fd *f, uint32_t events)
{
	struct listener *of = (struct listener *)f;
	struct sockaddr_storage from;
	char p[2048], control[128];
	struct iovec in = { p, sizeof(p) };
	struct iovec out = { of->spec->say.p, of->spec->say.n };
	struct msghdr m;
	ssize_t n;

	(void)l;
	(void)events;
	for (;;) {
		m = (struct msghdr){ .msg_name = &from,
		    .msg_namelen = sizeof(from), .msg_iov = &in,
		    .msg_iovlen = 1, .msg_control = control,
		    .msg_controllen = sizeof(control) };
		if ((n = recvmsg(f->fd, &m, 0)) == -1)
			return;
		m.msg_iov = &out;
		if (is_asked(of->spec, p, n))
			sendmsg(f->fd, &m, 0);
	}
}

static void
open_port(struct spec *s, int family, unsigned port)
{
	struct listener *of = calloc(1, sizeof(*of));
	struct sockaddr_in in4 = { .sin_family = AF_INET,
	    .sin_port = htons((in_port_t)port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
	    .sin6_port = htons((in_port_t)port) };
	bool udp = s->kind == UDP || s->kind == UDPASK;
	int fd, one = 1;

	fd = socket(family, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0);
	if (of == NULL || fd == -1)
		err(1, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (udp && family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one,
		    sizeof(one));
	else if (udp)
		setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one));
	if ((family == AF_INET6 ?
	    bind(fd, (struct sockaddr *)&in6, sizeof(in6)) :
	    bind(fd, (struct sockaddr *)&in4, sizeof(in4))) == -1 ||
	    (!udp && listen(fd, 4096) == -1))
		err(1, "port %u", port);
	of->f = (struct loop_fd){ .fd = fd,
	    .ready = udp ? datagram_ready : listener_ready };
	of->spec = s;
	if (loop_add(&loop, &of->f, EPOLLIN) == -1)
		err(1, "epoll");
}

/* ---- specs ---- */

/* Cuts a text off at a colon that is not behind a backslash, and decodes it. */
static char *
take_text(char *p, struct buf *dst)
{
	struct buf text = { 0 };

	for (; *p != '\0' && *p != ':'; p++) {
		if (p[0] == '\\' && p[1] == ':')
			p++;
		else if (p[0] == '\\' && p[1] != '\0')
			buf_putc(&text, *p++);
		buf_putc(&text, *p);
	}
	if (text.n > 0 && esc_decode(dst, text.p, text.n) == -1)
		errx(2, "'%.*s': not a text of prt-record(5)", (int)text.n,
		    text.p);
	buf_release(&text);
	return *p == ':' ? p + 1 : p;
}

static void
open_spec(char *text)
{
	struct spec *s = calloc(1, sizeof(*s));
	char *name = text, *ports, *end;
	unsigned long a, b;

	if (s == NULL || (ports = strchr(text, ':')) == NULL)
		errx(2, "%s: want KIND:PORTS", text);
	*ports++ = '\0';
	if ((s->tls = strncmp(name, "tls-", 4) == 0))
		name += 4;
	while (s->kind < NKIND && strcmp(kind_name[s->kind], name) != 0)
		s->kind++;
	if (s->kind == NKIND)
		errx(2, "%s: no such kind", name);
	if ((end = strchr(ports, ':')) != NULL) {
		if (s->kind == ASK || s->kind == SERIAL || s->kind == UDPASK)
			end = take_text(end + 1, &s->ask) - 1;
		take_text(end + 1, &s->say);
	}
	for (;; ports = end + 1) {
		a = b = strtoul(ports, &end, 10);
		if (*end == '-')
			b = strtoul(end + 1, &end, 10);
		for (; a <= b && b < 65536; a++) {
			open_port(s, AF_INET, (unsigned)a);
			open_port(s, AF_INET6, (unsigned)a);
		}
		if (*end != ',')
			break;
	}
}

/* ---- the certificate ---- */

static void
make_certificate(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();

	ctx = SSL_CTX_new(TLS_server_method());
	if (ctx == NULL || key == NULL || x == NULL)
		errx(1, "no TLS");
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600 * 24);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
	    (const unsigned char *)"services.example", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_set_pubkey(x, key);
	if (X509_sign(x, key, EVP_sha256()) == 0 ||
	    SSL_CTX_use_certificate(ctx, x) != 1 ||
	    SSL_CTX_use_PrivateKey(ctx, key) != 1)
		errx(1, "no certificate");
	X509_free(x);
	EVP_PKEY_free(key);
}

/* Not random: the tests compare. ESC, TAB, NUL and newlines are among them. */
static void
make_binary(void)
{
	uint64_t x = 88172645463325252;

	for (size_t i = 0; i < BINARY; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		binary[i] = (char)(x >> 32);
	}
	memcpy(binary, "\x1b]0;owned\x07\t\0\n#prt\tstat\n", 23);
}

int
main(int argc, char **argv)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == 0) {
		rl.rlim_cur = rl.rlim_max;
		setrlimit(RLIMIT_NOFILE, &rl);
	}
	signal(SIGPIPE, SIG_IGN);
	if (loop_init(&loop) == -1)
		err(1, "epoll");
	make_certificate();
	make_binary();
	for (int i = 1; i < argc; i++)
		open_spec(argv[i]);
	puts("ready");
	fclose(stdout);
	return loop_run(&loop) == -1;
}
