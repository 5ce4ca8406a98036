#include "meaning/trace.h"

#include "pure/addr.h"
#include "pure/packet.h"
#include "pure/wire.h"

static void
put_end(struct buf *b, u128 addr, int32_t port)
{
	char text[ADDR_FMT];
	struct str a = { text, addr_fmt(text, addr) };

	if (port < 0) {
		buf_str(b, a);
		return;
	}
	if (!addr_is4(addr))
		buf_putc(b, '[');
	buf_str(b, a);
	buf_puts(b, addr_is4(addr) ? ":" : "]:");
	buf_u64(b, (uint64_t)port);
}

static void
put_ends(struct buf *b, const struct packet *p, const char *proto, bool ports)
{
	buf_puts(b, proto);
	buf_putc(b, ' ');
	put_end(b, p->src, ports ? p->sport : -1);
	buf_puts(b, " > ");
	put_end(b, p->dst, ports ? p->dport : -1);
}

/* As prt-blast's flags: writes them, "none" for none. */
static void
put_tcp(struct buf *b, const struct packet *p)
{
	static const char letter[] = "FSRPAUEC";
	int i;

	put_ends(b, p, "tcp", true);
	buf_puts(b, p->flags == 0 ? " none" : " ");
	for (i = 0; i < 8; i++)
		if (p->flags & 1u << i)
			buf_putc(b, letter[i]);
	buf_printf(b, " ttl=%u seq=%u ack=%u win=%u", p->ttl, p->seq, p->ack,
	    p->win);
}

static void
put_icmp(struct buf *b, const struct packet *p, const char *proto)
{
	put_ends(b, p, proto, false);
	buf_printf(b, " type=%u code=%u ttl=%u", p->type, p->code, p->ttl);
	if (p->quote.there) {
		buf_puts(b, " of a packet to ");
		put_end(b, p->quote.dst, p->quote.dport != 0 ?
		    p->quote.dport : -1);
	}
}

static void
put_mac(struct buf *b, const struct packet *p)
{
	int i;

	for (i = 0; p->has_mac && i < 6; i++)
		buf_printf(b, "%s%02x", i == 0 ? " is at " : ":", p->mac[i]);
}

static void
put_packet(struct buf *b, const struct packet *p)
{
	switch (p->kind) {
	case PACKET_TCP:
		put_tcp(b, p);
		break;
	case PACKET_UDP:
		put_ends(b, p, "udp", true);
		buf_printf(b, " ttl=%u bytes=%zu", p->ttl, p->npayload);
		break;
	case PACKET_ICMP:
		put_icmp(b, p, "icmp");
		break;
	case PACKET_ICMP6:
		put_icmp(b, p, "icmp6");
		break;
	case PACKET_ARP:
		buf_puts(b, "arp ");
		put_end(b, p->src, -1);
		put_mac(b, p);
		break;
	case PACKET_NA:
		buf_puts(b, "ndp ");
		put_end(b, p->target, -1);
		put_mac(b, p);
		break;
	}
}

void
trace_put(struct buf *b, const char *what, uint64_t time, unsigned ethertype,
    const void *data, size_t n)
{
	struct rd r = rd_of(data, n);
	struct packet p;

	buf_puts(b, what);
	buf_putc(b, ' ');
	buf_ns(b, time, 6);
	buf_putc(b, ' ');
	if (packet_dissect(&p, ethertype, data, n) == 0)
		put_packet(b, &p);
	else if (ethertype == PACKET_ETH_ARP && n >= 28) {
		/* a question (RFC 826): who has the address at its end? */
		rd_skip(&r, 24);
		buf_puts(b, "arp who has ");
		put_end(b, ADDR_V4(rd_be32(&r)), -1);
	} else
		buf_printf(b, "ethertype %#x, %zu bytes", ethertype, n);
	buf_putc(b, '\n');
}
