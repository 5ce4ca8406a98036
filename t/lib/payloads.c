/* payloads FILE... - what the tests do with texts of UDP payloads:
 *
 *   payloads FILE pcap        a pcap file of every payload, one packet each
 *   payloads FILE list        the name and the port of each of those packets
 *   payloads FILE ask HOST NAME PORT [MS]
 *                             sends one payload, waits for answers and says
 *                             what they prove; status 1 when there is none
 *
 * The cookie is 01 23 45 67 89 ab cd ef. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/num.h"
#include "meaning/payload.h"

static const uint8_t cookie[PAYLOAD_COOKIE] = {
	0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
};

static void
fail(const char *what)
{
	fprintf(stderr, "payloads: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void
read_file(struct payloads *ps, const char *path)
{
	struct buf b = { 0 }, err = { 0 };
	char chunk[4096];
	size_t n;
	FILE *f = fopen(path, "r");

	if (f == NULL)
		fail(path);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_put(&b, chunk, n);
	fclose(f);
	if (payloads_parse(ps, buf_view(&b), path, &err) == -1) {
		fprintf(stderr, "payloads: %.*s\n", STR_ARG(buf_view(&err)));
		exit(2);
	}
	buf_release(&b);
}

static void
put16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void
write_all(const void *p, size_t n)
{
	if (fwrite(p, 1, n, stdout) != n)
		fail("stdout");
}

/* The i-th payload from 192.0.2.1 to 192.0.2.2, in raw IPv4 (LINKTYPE_RAW),
 * without checksums; from a port of its own, so that tshark sees no
 * conversation between them. */
static void
write_packet(const struct payload *p, size_t i)
{
	uint8_t pkt[28 + PAYLOAD_MAX] = {
		0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0,
		192, 0, 2, 1, 192, 0, 2, 2,
	};
	uint32_t head[4] = { 0, 0, 28u + p->n, 28u + p->n };

	put16(pkt + 2, 28u + p->n);
	put16(pkt + 20, 40000 + i);
	put16(pkt + 22, portset_at(&p->ports, 0));
	put16(pkt + 24, 8u + p->n);
	payload_put(p, pkt + 28, cookie);
	write_all(head, sizeof(head));
	write_all(pkt, 28u + p->n);
}

static void
pcap(const struct payloads *ps)
{
	static const uint32_t head[6] = {
		0xa1b2c3d4, 2 | 4 << 16, 0, 0, 65535, 101,
	};
	size_t i;

	write_all(head, sizeof(head));
	for (i = 0; i < ps->n; i++)
		write_packet(&ps->v[i], i);
}

static void
list(const struct payloads *ps)
{
	size_t i;

	for (i = 0; i < ps->n; i++)
		printf("%s\t%u\n", ps->v[i].name,
		    (unsigned)portset_at(&ps->v[i].ports, 0));
}

/* One answer in hexadecimal; the port it came from, for TFTP. */
static void
show(const struct payload *p, const uint8_t *a, size_t n, unsigned port)
{
	static const char *const word[] = {
		[PAYLOAD_PROVEN] = "proven", [PAYLOAD_UNPROVEN] = "unproven",
		[PAYLOAD_MUTE] = "mute",
	};
	size_t i;

	printf("%s %s from %u, %zu bytes: ", p->name,
	    word[payload_prove(p, a, n, cookie)], port, n);
	for (i = 0; i < n && i < 200; i++)
		printf("%02x", a[i]);
	printf("\n");
}

static int
ask(const struct payload *p, const char *host, uint16_t port, int ms)
{
	struct sockaddr_in to = { .sin_family = AF_INET }, from;
	socklen_t len = sizeof(from);
	uint8_t pkt[65536];
	struct pollfd pfd;
	int fd, answers = 0;
	ssize_t n;

	to.sin_port = htons(port);
	if (inet_pton(AF_INET, host, &to.sin_addr) != 1)
		fail(host);
	/* Unconnected, so that an answer from another port comes through. */
	if ((fd = socket(AF_INET, SOCK_DGRAM, 0)) == -1)
		fail("socket");
	payload_put(p, pkt, cookie);
	if (sendto(fd, pkt, p->n, 0, (struct sockaddr *)&to, sizeof(to)) == -1)
		fail("sendto");
	pfd = (struct pollfd){ .fd = fd, .events = POLLIN };
	while (answers < 8 && poll(&pfd, 1, answers == 0 ? ms : 50) == 1) {
		n = recvfrom(fd, pkt, sizeof(pkt), 0,
		    (struct sockaddr *)&from, &len);
		if (n == -1)
			fail("recvfrom");
		show(p, pkt, (size_t)n, ntohs(from.sin_port));
		answers++;
	}
	close(fd);
	return answers == 0;
}

static uint64_t
number(const char *z, uint64_t max)
{
	uint64_t v;

	if (num_parse(z, 0, max, &v) == -1) {
		errno = EINVAL;
		fail(z);
	}
	return v;
}

int
main(int argc, char **argv)
{
	struct payloads ps = { 0 };
	uint64_t ms;
	size_t i;
	int rc = 2;

	if (argc < 3) {
		fprintf(stderr, "usage: payloads FILE pcap|list|ask ...\n");
		return 2;
	}
	read_file(&ps, argv[1]);
	if (strcmp(argv[2], "pcap") == 0) {
		pcap(&ps);
		rc = 0;
	} else if (strcmp(argv[2], "list") == 0) {
		list(&ps);
		rc = 0;
	} else if (strcmp(argv[2], "ask") == 0 && argc >= 6) {
		ms = argc > 6 ? number(argv[6], 60000) : 1000;
		for (i = 0; i < ps.n; i++)
			if (strcmp(ps.v[i].name, argv[4]) == 0)
				rc = ask(&ps.v[i], argv[3], (uint16_t)
				    number(argv[5], 65535), (int)ms);
	}
	payloads_release(&ps);
	if (fflush(stdout) != 0)
		fail("stdout");
	return rc;
}
