/* Scan types: what a probe looks like and what its answers mean. Layer 2.
 *
 * A scan type owns both sides: it prepares and fills the probe and it judges
 * what comes back, so that sender and listener cannot disagree about where the
 * cookie sits. One file exports one `const struct scan_type`, and scan_types[]
 * has a row for it.
 *
 * The cookie. A probe's flow (type, target address, target port) is hashed with
 * the scan's key (SipHash). Out of the 64 bits come the source port, the TCP
 * sequence and acknowledgement numbers, the IPv4 identification or the IPv6
 * flow label, and the ICMP identifier and sequence number. The attempt (0..7)
 * is added in plain, so that an answer tells which sending it answers. */
#ifndef PRT_MEANING_SCAN_H
#define PRT_MEANING_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/num.h"
#include "base/str.h"
#include "meaning/payload.h"
#include "pure/cookie.h"
#include "pure/frame.h"
#include "pure/packet.h"

/* Attempts that a probe can tell apart. */
#define SCAN_ATTEMPTS	COOKIE_ATTEMPTS
/* Source ports: 512 hashes x 8 attempts, above the usual ephemeral range so
 * that the kernel's own connections stay out of the filter. */
#define SCAN_SPORT_BASE	61000
#define SCAN_SPORTS	(COOKIE_PORTS * COOKIE_ATTEMPTS)

/* What a SYN offers, for the answer to show what the host takes of it. */
enum scan_offer {
	SCAN_OFFER_MSS,		/* the maximum segment size */
	SCAN_OFFER_FULL,	/* also what RFC 2018 and RFC 7323 add */
};

/* Whose the answers to datagrams are. The hash in a source port is all that
 * proves most of them, and one in 512 would prove two probes: so a scan has UDP
 * ports or UDP pings, and never both. */
enum scan_udp_of {
	SCAN_UDP_UNTOLD,	/* no type has asked yet: as of ports */
	SCAN_UDP_OF_PORTS,
	SCAN_UDP_OF_HOSTS,
};

/* What both sides must know of a scan; the scan record, the pieces of its plan
 * and the answer board carry it. */
struct scan_params {
	uint64_t		 key[2];
	uint16_t		 sport;		/* first source port */
	uint16_t		 nsports;	/* SCAN_SPORTS, or 1 with -g */
	uint8_t			 ttl;
	uint8_t			 flags;		/* of the type "flags:" */
	enum scan_udp_of	 udp_of;
	enum scan_offer		 offer;
	const struct payloads	*payloads;
};

enum scan_proto { SCAN_TCP, SCAN_UDP, SCAN_HOST };

/* A probe as the sender fills it. */
struct scan_probe {
	u128		src, dst;
	uint16_t	port;		/* 0 when the type has no ports */
	unsigned	attempt;
};

/* What an answer says about one probe. */
struct scan_verdict {
	u128		 addr;		/* of the target */
	uint16_t	 port;
	unsigned	 attempt;	/* SCAN_ATTEMPTS: it does not tell */
	const char	*state;
	const char	*reason;
};

enum scan_match {
	SCAN_OTHER,	/* not an answer to a probe of this type */
	SCAN_INVALID,	/* looks like one and does not prove itself */
	SCAN_VALID,
};

struct scan_type {
	const char	*name;
	const char	*about;		/* one line for the manual and --help */
	uint8_t		 salt;		/* in the cookie: no two types alike */
	enum scan_proto	 proto;
	bool		 ports;		/* one probe a port */
	bool		 udp;		/* its probes are datagrams */
	bool		 v4, v6;	/* families it exists for */
	bool		 on_link;	/* its probes are no IP packets to route */
	uint8_t		 flags;		/* TCP flags of the probe */
	uint16_t	 usual_port;	/* of SCAN_HOST with ports: nmap's */
	/* ICMP queries: the request's type (RFC 792; ICMPv6 has only echo), the
	 * types of the reply in either family, and what it shows. */
	uint8_t		 icmp_request, icmp_reply4, icmp_reply6;
	const char	*icmp_reason;
	/* What silence means at the end of a scan. */
	const char	*silent_state;
	/* Builds the template for a family; `mac` is the sender's, for on_link
	 * types. 0 or -1. */
	int		(*prepare)(const struct scan_type *, struct frame *,
			    const struct scan_params *, bool v6,
			    const uint8_t mac[6]);
	/* How many packets a probe to this port is; NULL: one. */
	unsigned	(*count)(const struct scan_params *, uint16_t port);
	/* Writes packet i of a probe to dst (FRAME_MAX) and returns its length,
	 * from the network header on. */
	size_t		(*fill)(const struct scan_type *, const struct frame *,
			    const struct scan_params *,
			    const struct scan_probe *, unsigned i,
			    uint8_t *dst);
	/* Fills *v on SCAN_VALID. */
	enum scan_match	(*judge)(const struct scan_type *,
			    const struct scan_params *, const struct packet *,
			    struct scan_verdict *v);
};

/* The index of all types, ended by NULL. A type's position is its number in
 * plans; "flags" takes its flags from scan_params. */
extern const struct scan_type *const scan_types[];
extern const struct scan_type scan_syn, scan_ack, scan_window, scan_maimon,
    scan_fin, scan_null, scan_xmas, scan_flags, scan_udp, scan_arp, scan_ndp,
    scan_icmp_echo, scan_icmp_timestamp, scan_icmp_mask, scan_syn_ping,
    scan_ack_ping, scan_udp_ping;

/* The number of a type by its name ("syn", "flags:SA"), or -1. For "flags:..."
 * *flags gets the TCP flags. */
int	scan_type_find(struct str name, uint8_t *flags);
/* The number of a type. */
unsigned scan_type_number(const struct scan_type *);
/* The name of a type as scan_type_find() reads it. */
void	scan_type_name(const struct scan_type *, const struct scan_params *,
	    struct buf *);

/* ---- what the types share ---- */

/* The options of a SYN, as they stand in it; their number of bytes to *n. */
const uint8_t *scan_offer_options(enum scan_offer, size_t *n);
/* The cookie of a flow and an attempt. */
void	scan_cookie(const struct scan_type *, const struct scan_params *,
	    u128 addr, uint16_t port, unsigned attempt, struct cookie *);
/* The attempt that a source port names, -1 when it is none of the flow's; with
 * one source port only, *attempt is SCAN_ATTEMPTS. */
int	scan_sport_attempt(const struct scan_params *,
	    const struct cookie *, uint16_t sport, unsigned *attempt);
/* The name of an ICMP or ICMPv6 error as a reason, NULL when it is no error
 * that says something of the target. */
const char *scan_icmp_reason(const struct packet *);
/* An ICMP error that quotes this type's probe: sets addr, port, attempt and
 * reason of *v (not the state). */
enum scan_match scan_icmp_match(const struct scan_type *,
	    const struct scan_params *, const struct packet *,
	    struct scan_verdict *v);

/* TCP types. */
int	scan_tcp_prepare(const struct scan_type *, struct frame *,
	    const struct scan_params *, bool v6, const uint8_t mac[6]);
size_t	scan_tcp_fill(const struct scan_type *, const struct frame *,
	    const struct scan_params *, const struct scan_probe *, unsigned i,
	    uint8_t *dst);
/* A TCP segment that acknowledges this type's probe (RFC 9293, 3.10.7): sets
 * addr, port and attempt of *v. */
enum scan_match scan_tcp_match(const struct scan_type *,
	    const struct scan_params *, const struct packet *,
	    struct scan_verdict *v);
/* The judge of FIN, NULL, Xmas and Maimon: a RST is closed, an ICMP error is
 * filtered. */
enum scan_match scan_tcp_judge_rst(const struct scan_type *,
	    const struct scan_params *, const struct packet *,
	    struct scan_verdict *v);

/* UDP types. One of them asks in a scan: 0, and *sp says so; -1 when one that
 * does not go with it asks already. */
int	scan_udp_ask(struct scan_params *sp, const struct scan_type *);
/* Are the answers to datagrams this type's? No two types of a scan say so. */
bool	scan_udp_has(const struct scan_type *, const struct scan_params *);
/* With payloads: prt-payloads(5). */
int	scan_udp_prepare(const struct scan_type *, struct frame *,
	    const struct scan_params *, bool v6, const uint8_t mac[6]);
unsigned scan_udp_count(const struct scan_params *, uint16_t port);
size_t	scan_udp_fill(const struct scan_type *, const struct frame *,
	    const struct scan_params *, const struct scan_probe *, unsigned i,
	    uint8_t *dst);
/* A datagram from the target's port to the flow's source port: sets addr, port,
 * attempt and reason of *v. The hash in the port is short: where the payload's
 * protocol repeats its cookie, an answer that carries another one is refused. */
enum scan_match scan_udp_match(const struct scan_type *,
	    const struct scan_params *, const struct packet *,
	    struct scan_verdict *v);

/* ICMP queries, by the icmp_* fields of the type: a reply is up, an ICMP error
 * from elsewhere is down. */
int	scan_icmp_prepare(const struct scan_type *, struct frame *,
	    const struct scan_params *, bool v6, const uint8_t mac[6]);
size_t	scan_icmp_fill(const struct scan_type *, const struct frame *,
	    const struct scan_params *, const struct scan_probe *, unsigned i,
	    uint8_t *dst);
enum scan_match scan_icmp_judge(const struct scan_type *,
	    const struct scan_params *, const struct packet *,
	    struct scan_verdict *v);
/* What an ICMP error says of a host: from the host itself, that it is up. */
void	scan_host_error(const struct packet *, struct scan_verdict *v);

#endif
