/* What prt-blast and its program in the kernel share: the tables that turn a
 * probe's index into a frame. Layer 3.
 *
 * The program (live.bpf.c) has one `struct live` as its memory, which the sender
 * maps; all numbers are in host order. */
#ifndef PRT_WORLD_LIVE_ABI_H
#define PRT_WORLD_LIVE_ABI_H

#include <stdint.h>

#include "pure/perm.h"

/* Each a power of two: the program masks its indices with them. */
#define LIVE_LEGS	16384
#define LIVE_WAYS	4096
#define LIVE_SLOTS	131072
#define LIVE_TEMPLATES	32
/* The longest packet, and the frame around it. */
#define LIVE_PACKET	80
#define LIVE_ETHER	14
#define LIVE_FRAME	(LIVE_ETHER + LIVE_PACKET)
/* A walk through the permutation ends after one step in two, on average, or
 * earlier: more steps than these are as likely as guessing a key of 64 bits. */
#define LIVE_WALK	64
/* How often a frame asks whether it is due before it is given up: 20 us and
 * more. */
#define LIVE_SPIN	1000
/* What a run that was held up may make good, as parts of a second. */
#define LIVE_BURST	500

/* Consecutive probes that leave alike. */
struct live_leg {
	uint64_t	base;		/* index of its first probe */
	uint64_t	hi, lo;		/* its address */
	uint32_t	nprobe;		/* probes for each address */
	uint32_t	slots;		/* of the first of them */
	uint32_t	way;
	uint32_t	none;		/* nobody is there */
};

struct live_way {
	uint64_t	src[2];
	uint32_t	ifindex;
	uint32_t	v6;
	uint8_t		ether[LIVE_ETHER];
	uint8_t		pad[2];
};

/* What the n-th probe of an address asks. */
struct live_slot {
	uint16_t	type;
	uint16_t	port;
};

/* A type's packet in one family: template 2 x type + family. */
struct live_template {
	uint64_t	bytes[LIVE_PACKET / 8];
	uint64_t	ipsum, l4sum;
	uint32_t	n;
	uint32_t	salt;
	uint32_t	ack;		/* mask of the acknowledgement number */
	uint32_t	icmp;
};

struct live {
	/* of a run */
	uint64_t	from, at, end;	/* positions of the shard: at is next */
	uint64_t	first, step;	/* of the shard's positions */
	uint64_t	pps;		/* 0: as fast as can be */
	uint64_t	start;		/* CLOCK_MONOTONIC, ns: when `from` was due */
	uint64_t	unreached;
	/* of a scan */
	struct perm	perm;
	uint64_t	key[2];
	uint32_t	sport, spread;
	uint32_t	nleg;
	uint32_t	pad;
	struct live_template	tmpl[LIVE_TEMPLATES];
	struct live_way		way[LIVE_WAYS];
	struct live_leg		leg[LIVE_LEGS];
	struct live_slot	slot[LIVE_SLOTS];
};

#endif
