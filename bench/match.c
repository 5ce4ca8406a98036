/* How fast answers are held against a service-probe database, by the processor's
 * time:
 *
 *	match DATABASE [COUNT]
 *
 * A line a measure, TABs between, the last column the peak of memory so far, in
 * KiB. "start" is until the first web answer has been held against the database,
 * in ms; the others are answers a second, of 1,024 bytes each, held against the
 * lines of the probe that they answer. */
#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "meaning/svcdb.h"
#include "meaning/svcmatch.h"

enum { LEN = 1024, MAX = 64 };

struct answer {
	const char	*kind;
	bool		 web;	/* to GetRequest; others come unasked */
	char		 p[LEN];
};

static struct answer answers[MAX];
static size_t nanswer;

/* ---- the answers ---- */

static uint64_t
rnd(void)
{
	static uint64_t x = 42;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	return x * 0x2545f4914f6cdd1du;
}

/* Starts with that head; the rest is `tail`, over and over, or random bytes. */
static void
add(const char *kind, bool web, const char *head, size_t n, const char *tail)
{
	struct answer *a = &answers[nanswer++];
	size_t k = tail == NULL ? 0 : strlen(tail), i;

	a->kind = kind;
	a->web = web;
	for (i = 0; i < LEN; i++)
		a->p[i] = i < n ? head[i] : tail == NULL ? (char)rnd() :
		    tail[(i - n) % k];
}

static void
add_text(const char *kind, const char *head, const char *tail)
{
	add(kind, false, head, strlen(head), tail);
}

static void
add_web(void)
{
	static const char *const server[] = {
		"nginx/1.22.1", "nginx", "Apache/2.4.57 (Debian)", "Apache",
		"Microsoft-IIS/10.0", "lighttpd/1.4.69", "Caddy",
		"Jetty(9.4.50.v20221201)", "gunicorn", "openresty/1.21.4.1",
		"Werkzeug/2.2.2 Python/3.11.2", "Cowboy", "In-House/7 (none)",
	};
	static const char *const status[] = {
		"HTTP/1.1 200 OK", "HTTP/1.0 404 Not Found",
		"HTTP/1.1 302 Found\r\nLocation: /login",
	};
	char head[LEN];
	size_t i;
	int n;

	for (i = 0; i < sizeof(server) / sizeof(server[0]); i++) {
		n = snprintf(head, sizeof(head), "%s\r\n"
		    "Date: Sat, 28 Nov 2026 20:00:00 GMT\r\nServer: %s\r\n"
		    "Content-Type: text/html; charset=utf-8\r\n"
		    "Content-Length: 3200\r\nConnection: close\r\n"
		    "Set-Cookie: session=0123456789abcdef; path=/\r\n"
		    "X-Frame-Options: SAMEORIGIN\r\n\r\n<!DOCTYPE html>\n"
		    "<html><head><title>Welcome to this place</title>\n"
		    "</head><body>\n", status[i % 3], server[i]);
		add("web", true, head, (size_t)n,
		    "<p class=\"text\">Some words of a page, <a href=\"/x\">"
		    "one link</a> and an <img src=\"/logo.png\">.</p>\n");
	}
}

static void
fill(void)
{
	static const char mysql[] = "\x4a\0\0\0\x0a" "8.0.35\0\x08\0\0\0";
	static const char alert[] = "\x15\x03\x01\0\x02\x02\x46";
	static const char smb[] = "\0\0\0\xd0\xfeSMB\x40\0\0\0\0\0\0\0";
	static const char *const line = "220-A line of greeting, of many\r\n";
	unsigned i;

	add_web();
	add_text("text", "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n", NULL);
	add_text("text", "SSH-2.0-dropbear_2022.83\r\n", NULL);
	add_text("text", "SSH-2.0-Unheard_1.0\r\n", NULL);
	add_text("text", "220 (vsFTPd 3.0.3)\r\n", line);
	add_text("text", "220 ProFTPD Server (Debian) [::ffff:192.0.2.1]\r\n",
	    line);
	add_text("text", "220 mail.example.org ESMTP Postfix (Debian)\r\n",
	    line);
	add_text("text", "220-mail.example.org ESMTP at your service\r\n",
	    line);
	add_text("text", "+OK Dovecot (Debian) ready.\r\n", line);
	add_text("text", "* OK [CAPABILITY IMAP4rev1 ID] ready.\r\n", line);
	add_text("text", "Welcome, stranger. login: ", "Who are you?\r\n");
	add("binary", false, mysql, sizeof(mysql) - 1, NULL);
	add("binary", false, alert, sizeof(alert) - 1, NULL);
	add("binary", false, smb, sizeof(smb) - 1, NULL);
	add("binary", true, "\0", 1, "\x01\x02\x80");
	add("binary", true, "\xff\xfb\x01\xff\xfd\x03", 6, "\xff");
	for (i = 0; i < 8; i++)
		add("random", i % 2, "", 0, NULL);
}

/* ---- the measures ---- */

static const struct svc_probe *
probe(const struct svcdb *db, const struct answer *a)
{
	size_t i;

	for (i = 0; a->web && i < db->n; i++)
		if (db->probe[i].proto == SVC_TCP && db->probe[i].n > 4 &&
		    memcmp(db->probe[i].payload, "GET ", 4) == 0)
			return &db->probe[i];
	if (db->null == NULL)
		errx(1, "the database has no probe without bytes");
	return db->null;
}

static bool
hold(const struct svcdb *db, struct svcmatch *m, const struct answer *a)
{
	struct svc_found f;

	return svcmatch_find(m, probe(db, a), NULL, a->p, LEN, &f);
}

/* Of this process alone, whatever else the machine does. */
static uint64_t
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static long
peak(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

static void
measure(const char *kind, const struct svcdb *db, struct svcmatch *m,
    unsigned long count)
{
	unsigned long n = 0;
	uint64_t t = now();
	size_t i;

	while (n < count)
		for (i = 0; i < nanswer; i++)
			if (kind == NULL ||
			    strcmp(kind, answers[i].kind) == 0) {
				hold(db, m, &answers[i]);
				n++;
			}
	printf("%s\t%.0f\t%ld\n", kind == NULL ? "mixed" : kind,
	    (double)n * 1e9 / (double)(now() - t), peak());
}

static struct buf
read_file(const char *path)
{
	struct buf b = { 0 };
	int fd = open(path, O_RDONLY);
	struct stat st;

	if (fd == -1 || fstat(fd, &st) == -1 ||
	    buf_reserve(&b, (size_t)st.st_size) == -1 ||
	    read(fd, b.p, (size_t)st.st_size) != st.st_size)
		err(1, "%s", path);
	b.n = (size_t)st.st_size;
	close(fd);
	return b;
}

int
main(int argc, char **argv)
{
	unsigned long count = argc > 2 ? strtoul(argv[2], NULL, 10) : 20000;
	struct svcdb db = { 0 };
	struct buf text, wrong = { 0 };
	struct svcmatch *m;
	uint64_t t;
	size_t i;

	if (argc < 2)
		errx(2, "usage: match database [count]");
	fill();
	t = now();
	text = read_file(argv[1]);
	if (svcdb_parse(&db, buf_view(&text), argv[1], &wrong) == -1)
		errx(1, "%.*s", STR_ARG(buf_view(&wrong)));
	buf_release(&text);
	if ((m = svcmatch_new(&db)) == NULL)
		err(1, NULL);
	hold(&db, m, &answers[0]);
	printf("start\t%.2f\t%ld\n", (double)(now() - t) / 1e6,
	    peak());
	for (i = 0; i < nanswer; i++)
		hold(&db, m, &answers[i]);	/* which compiles */
	measure("web", &db, m, count);
	measure("text", &db, m, count);
	measure("binary", &db, m, count);
	measure("random", &db, m, count);
	measure(NULL, &db, m, count);
	svcmatch_free(m);
	svcdb_release(&db);
	return 0;
}
