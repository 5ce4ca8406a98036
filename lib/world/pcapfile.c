#include "world/pcapfile.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "pure/packet.h"
#include "pure/wire.h"
#include "world/late.h"

#ifndef PRT_LIBPCAP
#error "PRT_LIBPCAP, the soname, comes from the Makefile"
#endif

#define SNAP		65535
#define SLL_LEN		16
#define VLAN_TAGS	2	/* 802.1ad: at most two */

struct pcapfile {
	pcap_t		*pcap;
	pcap_dumper_t	*dump;
	int		 link;
	uint8_t		 packet[SLL_LEN + SNAP];
};

/* libpcap, which is there once a file is opened. */
static struct {
	__typeof__(pcap_open_dead_with_tstamp_precision)	*open_dead;
	__typeof__(pcap_dump_fopen)	*dump_fopen;
	__typeof__(pcap_dump)	*dump;
	__typeof__(pcap_dump_file)	*dump_file;
	__typeof__(pcap_dump_flush)	*dump_flush;
	__typeof__(pcap_dump_close)	*dump_close;
	__typeof__(pcap_open_offline_with_tstamp_precision)	*open_offline;
	__typeof__(pcap_datalink)	*datalink;
	__typeof__(pcap_next_ex)	*next_ex;
	__typeof__(pcap_geterr)	*geterr;
	__typeof__(pcap_close)	*close;
} lib;

static int
load(void)
{
	static const struct late functions[] = {
		{ "pcap_open_dead_with_tstamp_precision", &lib.open_dead },
		{ "pcap_dump_fopen", &lib.dump_fopen },
		{ "pcap_dump", &lib.dump },
		{ "pcap_dump_file", &lib.dump_file },
		{ "pcap_dump_flush", &lib.dump_flush },
		{ "pcap_dump_close", &lib.dump_close },
		{ "pcap_open_offline_with_tstamp_precision", &lib.open_offline },
		{ "pcap_datalink", &lib.datalink },
		{ "pcap_next_ex", &lib.next_ex },
		{ "pcap_geterr", &lib.geterr },
		{ "pcap_close", &lib.close },
	};

	return lib.close != NULL ? 0 : late_load(PRT_LIBPCAP, functions,
	    sizeof(functions) / sizeof(functions[0]));
}

struct pcapfile *
pcapfile_create(const char *path)
{
	struct pcapfile *pf = calloc(1, sizeof(*pf));
	FILE *f = NULL;
	int saved;

	if (pf == NULL || load() == -1 || (f = fopen(path, "we")) == NULL)
		goto fail;
	pf->pcap = lib.open_dead(DLT_LINUX_SLL, SNAP,
	    PCAP_TSTAMP_PRECISION_NANO);
	if (pf->pcap == NULL)
		goto fail;
	pf->dump = lib.dump_fopen(pf->pcap, f);
	if (pf->dump == NULL) {
		lib.close(pf->pcap);
		goto fail;
	}
	return pf;
fail:
	saved = errno;
	if (f != NULL)
		fclose(f);
	free(pf);
	errno = saved;
	return NULL;
}

/* LINKTYPE_LINUX_SLL: type, ARPHRD, address length, address, protocol. */
int
pcapfile_put(struct pcapfile *pf, const struct pcapfile_packet *p)
{
	size_t n = p->n < SNAP - SLL_LEN ? p->n : SNAP - SLL_LEN;
	struct pcap_pkthdr h = { .caplen = (bpf_u_int32)(SLL_LEN + n),
	    .len = (bpf_u_int32)(SLL_LEN + p->len) };

	memset(pf->packet, 0, SLL_LEN);
	wr_be16(pf->packet, p->outgoing ? 4 : 0);
	wr_be16(pf->packet + 2, 1);
	if (p->has_mac) {
		wr_be16(pf->packet + 4, 6);
		memcpy(pf->packet + 6, p->mac, 6);
	}
	wr_be16(pf->packet + 14, (uint16_t)p->ethertype);
	memcpy(pf->packet + SLL_LEN, p->p, n);
	/* with this precision tv_usec holds nanoseconds */
	h.ts.tv_sec = (time_t)(p->time / NS_PER_S);
	h.ts.tv_usec = (suseconds_t)(p->time % NS_PER_S);
	lib.dump((u_char *)pf->dump, &h, pf->packet);
	return ferror(lib.dump_file(pf->dump)) ? -1 : 0;
}

int
pcapfile_close(struct pcapfile *pf)
{
	int r = 0, saved = 0;

	if (pf == NULL)
		return 0;
	if (pf->dump != NULL) {
		if (lib.dump_flush(pf->dump) == -1 ||
		    ferror(lib.dump_file(pf->dump))) {
			saved = errno;
			r = -1;
		}
		lib.dump_close(pf->dump);
	}
	lib.close(pf->pcap);
	free(pf);
	if (r == -1)
		errno = saved;
	return r;
}

struct pcapfile *
pcapfile_open(const char *path, char *err, size_t cap)
{
	struct pcapfile *pf = calloc(1, sizeof(*pf));
	char why[PCAP_ERRBUF_SIZE] = "out of memory";
	size_t n;

	if (pf == NULL)
		goto fail;
	if (load() == -1) {
		snprintf(why, sizeof(why), "reading it needs %s: install "
		    "libpcap", PRT_LIBPCAP);
		goto fail;
	}
	pf->pcap = lib.open_offline(path,
	    PCAP_TSTAMP_PRECISION_NANO, why);
	if (pf->pcap == NULL)
		goto fail;
	pf->link = lib.datalink(pf->pcap);
	switch (pf->link) {
	case DLT_EN10MB:
	case DLT_LINUX_SLL:
	case DLT_LINUX_SLL2:
	case DLT_RAW:
	case DLT_NULL:
	case DLT_LOOP:
		return pf;
	}
	snprintf(why, sizeof(why), "link type %d is none that is known: "
	    "Ethernet, Linux cooked, raw IP or loopback", pf->link);
	lib.close(pf->pcap);
fail:
	/* libpcap names the file in some of its messages; the caller does */
	n = strlen(path);
	if (strncmp(why, path, n) != 0 || strncmp(why + n, ": ", 2) != 0)
		n = 0;
	snprintf(err, cap, "%s", n == 0 ? why : why + n + 2);
	free(pf);
	return NULL;
}

static unsigned
by_version(const struct rd *r)
{
	if (r->n > 0 && r->p[0] >> 4 == 4)
		return PACKET_ETH_IPV4;
	return r->n > 0 && r->p[0] >> 4 == 6 ? PACKET_ETH_IPV6 : 0;
}

static void
take_mac(struct pcapfile_packet *p, const uint8_t *mac)
{
	if (mac == NULL)
		return;
	memcpy(p->mac, mac, 6);
	p->has_mac = true;
}

/* Strips the link header: the ethertype, 0 when there is none. */
static unsigned
strip(int link, struct rd *r, struct pcapfile_packet *p)
{
	unsigned type = 0, tags, how;

	switch (link) {
	case DLT_EN10MB:
		rd_skip(r, 6);
		take_mac(p, rd_bytes(r, 6));
		type = rd_be16(r);
		for (tags = 0; tags < VLAN_TAGS &&
		    (type == 0x8100 || type == 0x88a8); tags++) {
			rd_skip(r, 2);
			type = rd_be16(r);
		}
		return type;
	case DLT_LINUX_SLL:
		how = rd_be16(r);
		p->outgoing = how == 4;
		rd_skip(r, 2);
		type = rd_be16(r);
		if (type == 6)
			take_mac(p, rd_bytes(r, 6));
		rd_skip(r, type == 6 ? 2 : 8);
		return rd_be16(r);
	case DLT_LINUX_SLL2:
		type = rd_be16(r);
		rd_skip(r, 8);
		p->outgoing = rd_u8(r) == 4;
		rd_skip(r, 9);
		return type;
	case DLT_NULL:
	case DLT_LOOP:
		rd_skip(r, 4);
		return by_version(r);
	default:
		return by_version(r);
	}
}

int
pcapfile_next(struct pcapfile *pf, struct pcapfile_packet *p, char *err,
    size_t cap)
{
	struct pcap_pkthdr *h;
	const u_char *bytes;
	struct rd r;
	int got;

	while ((got = lib.next_ex(pf->pcap, &h, &bytes)) == 1) {
		*p = (struct pcapfile_packet){ 0 };
		r = rd_of(bytes, h->caplen);
		p->ethertype = strip(pf->link, &r, p);
		if (r.bad || p->ethertype == 0)
			continue;
		p->p = r.p;
		p->n = r.n;
		p->len = h->len >= h->caplen - r.n ?
		    h->len - (h->caplen - r.n) : r.n;
		p->time = (uint64_t)h->ts.tv_sec * NS_PER_S +
		    (uint64_t)h->ts.tv_usec;
		return 1;
	}
	if (got == PCAP_ERROR_BREAK)
		return 0;
	snprintf(err, cap, "%s", lib.geterr(pf->pcap));
	return -1;
}
