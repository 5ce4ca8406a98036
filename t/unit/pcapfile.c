/* Capture files: what is written is read again, and other programs' link
 * types are stripped. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "world/pcapfile.h"

static char path[64];
static int fd = -1;

static int
make_file(void **state)
{
	(void)state;
	fd = memfd_create("capture", 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return fd == -1 ? -1 : 0;
}

static int
drop_file(void **state)
{
	(void)state;
	return close(fd);
}

static void
round_trip(void **state)
{
	static const uint8_t mac[6] = { 2, 0, 0x5e, 0x10, 0, 1 };
	static const unsigned type[] = { 0x0800, 0x0806, 0x86dd };
	struct pcapfile_packet p = { 0 }, q;
	uint8_t bytes[300];
	struct pcapfile *pf;
	char err[256] = "";
	size_t i, k;

	(void)state;
	pf = pcapfile_create(path);
	assert_non_null(pf);
	for (i = 0; i < 300; i++) {
		memset(bytes, (int)i, sizeof(bytes));
		p = (struct pcapfile_packet){ .p = bytes, .n = i,
		    .len = i + (i & 8), .ethertype = type[i % 3],
		    .time = 1764000000123456789u + i, .outgoing = i & 1,
		    .has_mac = i & 2 };
		memcpy(p.mac, mac, 6);
		assert_int_equal(pcapfile_put(pf, &p), 0);
	}
	assert_int_equal(pcapfile_close(pf), 0);
	pf = pcapfile_open(path, err, sizeof(err));
	assert_non_null(pf);
	for (i = 0; i < 300; i++) {
		assert_int_equal(pcapfile_next(pf, &q, err, sizeof(err)), 1);
		assert_int_equal(q.n, i);
		for (k = 0; k < q.n; k++)
			assert_int_equal(q.p[k], (uint8_t)i);
		assert_int_equal(q.len, i + (i & 8));
		assert_int_equal(q.ethertype, type[i % 3]);
		assert_true(q.time == 1764000000123456789u + i);
		assert_int_equal(q.outgoing, i & 1);
		assert_int_equal(q.has_mac, (i & 2) != 0);
		if (q.has_mac)
			assert_memory_equal(q.mac, mac, 6);
	}
	assert_int_equal(pcapfile_next(pf, &q, err, sizeof(err)), 0);
	assert_int_equal(pcapfile_close(pf), 0);
}

/* ---- files of others ---- */

static void
write_file(uint32_t magic, uint32_t link, const void *packet, uint32_t n)
{
	const uint32_t head[6] = { magic, 2 | 4 << 16, 0, 0, 65535, link };
	const uint32_t rec[4] = { 1764000000, 123456, n, n };

	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(write(fd, head, sizeof(head)), sizeof(head));
	assert_int_equal(write(fd, rec, sizeof(rec)), sizeof(rec));
	assert_int_equal(write(fd, packet, n), n);
}

#define MICRO	0xa1b2c3d4u
#define NANO	0xa1b23c4du

/* A link header, whether its packet counts, and as what. */
static const struct {
	const char	*what;
	uint32_t	 link;
	const char	*head;
	size_t		 n;
	unsigned	 ethertype;	/* 0: it is passed over */
	bool		 outgoing, has_mac;
} links[] = {
	{ "Ethernet", 1, "\1\1\1\1\1\1\2\2\2\2\2\2\x08\0", 14, 0x0800, false,
	    true },
	{ "VLAN", 1, "\1\1\1\1\1\1\2\2\2\2\2\2\x81\0\0\7\x86\xdd", 18, 0x86dd,
	    false, true },
	{ "two tags", 1, "\1\1\1\1\1\1\2\2\2\2\2\2\x88\xa8\0\7\x81\0\0\7\x08\0",
	    22, 0x0800, false, true },
	{ "cooked", 113, "\0\0\0\1\0\6\2\2\2\2\2\2\0\0\x08\6", 16, 0x0806,
	    false, true },
	{ "cooked, sent", 113, "\0\4\0\1\0\6\2\2\2\2\2\2\0\0\x08\0", 16,
	    0x0800, true, true },
	{ "cooked, tun", 113, "\0\0\xff\xfe\0\0\0\0\0\0\0\0\0\0\x08\0", 16,
	    0x0800, false, false },
	{ "cooked 2", 276, "\x86\xdd\0\0\0\0\0\2\0\1\0\6\2\2\2\2\2\2\0\0", 20,
	    0x86dd, false, false },
	{ "cooked 2, sent", 276, "\x08\0\0\0\0\0\0\2\0\1\4\6\2\2\2\2\2\2\0\0",
	    20, 0x0800, true, false },
	{ "raw", 101, "", 0, 0x0800, false, false },
	{ "loopback", 0, "\2\0\0\0", 4, 0x0800, false, false },
	{ "OpenBSD's", 108, "\0\0\0\2", 4, 0x0800, false, false },
};

static void
link_types(void **state)
{
	static const uint8_t body[24] = { 0x45, 0, 0, 24 };
	struct pcapfile_packet p;
	uint8_t packet[64];
	char err[256] = "";
	struct pcapfile *pf;
	size_t i, n, cut;

	(void)state;
	for (i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		n = links[i].n;
		memcpy(packet, links[i].head, n);
		memcpy(packet + n, body, sizeof(body));
		write_file(i & 1 ? NANO : MICRO, links[i].link, packet,
		    (uint32_t)(n + sizeof(body)));
		pf = pcapfile_open(path, err, sizeof(err));
		if (pf == NULL)
			fail_msg("%s: %s", links[i].what, err);
		assert_int_equal(pcapfile_next(pf, &p, err, sizeof(err)), 1);
		if (p.ethertype != links[i].ethertype)
			fail_msg("%s: type %#x", links[i].what, p.ethertype);
		assert_int_equal(p.n, sizeof(body));
		assert_memory_equal(p.p, body, sizeof(body));
		assert_true(p.time == (i & 1 ? 1764000000000123456u :
		    1764000000123456000u));
		assert_int_equal(p.outgoing, links[i].outgoing);
		if (links[i].has_mac)
			assert_true(p.has_mac);
		if (p.has_mac)
			assert_memory_equal(p.mac, "\2\2\2\2\2\2", 6);
		pcapfile_close(pf);
		/* cut in its link header, it is passed over */
		for (cut = 0; cut < n; cut++) {
			write_file(MICRO, links[i].link, packet,
			    (uint32_t)cut);
			pf = pcapfile_open(path, err, sizeof(err));
			assert_non_null(pf);
			assert_int_equal(pcapfile_next(pf, &p, err,
			    sizeof(err)), 0);
			pcapfile_close(pf);
		}
	}
}

static void
refused(void **state)
{
	struct pcapfile_packet p;
	struct pcapfile *pf;
	char err[256] = "";

	(void)state;
	/* USB */
	write_file(MICRO, 220, "x", 1);
	assert_null(pcapfile_open(path, err, sizeof(err)));
	assert_non_null(strstr(err, "link type"));
	write_file(0x12345678, 1, "x", 1);
	assert_null(pcapfile_open(path, err, sizeof(err)));
	err[0] = '\0';
	assert_null(pcapfile_open("/nonexistent/file", err, sizeof(err)));
	assert_non_null(strstr(err, "No such file"));
	assert_null(pcapfile_create("/nonexistent/file"));
	assert_int_equal(errno, ENOENT);
	/* cut in a packet */
	write_file(MICRO, 101, "\x45\0\0\24\0\0\0\0\0\0", 10);
	assert_int_equal(ftruncate(fd, 24 + 16 + 5), 0);
	pf = pcapfile_open(path, err, sizeof(err));
	assert_non_null(pf);
	err[0] = '\0';
	assert_int_equal(pcapfile_next(pf, &p, err, sizeof(err)), -1);
	assert_true(err[0] != '\0');
	pcapfile_close(pf);
}

static void
full_disk(void **state)
{
	static const uint8_t bytes[1500];
	struct pcapfile_packet p = { .p = bytes, .n = sizeof(bytes),
	    .len = sizeof(bytes), .ethertype = 0x0800 };
	struct pcapfile *pf = pcapfile_create("/dev/full");
	int i, r = 0;

	(void)state;
	assert_non_null(pf);
	for (i = 0; i < 1000 && r == 0; i++)
		r = pcapfile_put(pf, &p);
	/* it shows while writing, at the latest at the end */
	assert_int_equal(r, -1);
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(pcapfile_close(pf), -1);
	pf = pcapfile_create("/dev/full");
	assert_non_null(pf);
	(void)pcapfile_put(pf, &p);
	assert_int_equal(pcapfile_close(pf), -1);
	assert_int_equal(errno, ENOSPC);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(link_types),
		cmocka_unit_test(refused),
		cmocka_unit_test(full_disk),
	};

	return cmocka_run_group_tests(tests, make_file, drop_file);
}
