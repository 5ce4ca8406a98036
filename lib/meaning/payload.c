#include "meaning/payload.h"

#include <stdlib.h>
#include <string.h>

#include "meaning/payload_priv.h"

static const struct payload nothing = {
	.name = "empty",
	.source = "RFC 768: a datagram may carry no bytes",
	.p = (const uint8_t *)"",
	.echo_at = PAYLOAD_ECHO_NONE,
};
const struct payload *const payload_empty = &nothing;

void
payloads_release(struct payloads *ps)
{
	size_t i;

	for (i = 0; i < ps->n; i++)
		payload_release(&ps->v[i]);
	free(ps->v);
	free(ps->list);
	free(ps->first);
	*ps = (struct payloads){ 0 };
}

/* A text that is being added to a set. */
struct adding {
	const char		*name;
	struct buf		*err;
	struct payload_text	 text;
};

static int
no_memory(struct adding *a)
{
	return payload_fail(a->err, a->name, a->text.lines, "out of memory");
}

/* The text's payload p is one too many for a port. */
static int
too_many(struct adding *a, const struct payload *p, unsigned port)
{
	return payload_fail(a->err, a->name, p->line, "port %u has %d payloads "
	    "without this one; take it away from some, or clear it first",
	    port, PAYLOADS_PORT);
}

/* How many payloads each port has, into first[port + 1]. */
static int
count_ports(struct adding *a, const struct payloads *ps, uint32_t *first)
{
	const struct portrange *pr;
	uint32_t port;
	size_t i, k;

	for (i = 0; i < ps->n; i++)
		for (k = 0; k < ps->v[i].ports.n; k++) {
			pr = &ps->v[i].ports.r[k];
			for (port = pr->lo; port <= pr->hi; port++)
				if (++first[port + 1] > PAYLOADS_PORT)
					return too_many(a, &ps->v[i], port);
		}
	return 0;
}

/* Makes the index of ps by port. */
static int
build_index(struct adding *a, struct payloads *ps)
{
	const struct payload **list = NULL;
	const struct portrange *pr;
	uint32_t *first, *at, port;
	size_t i, k;

	/* first[] is in use up to 65,536; at[] is where the next one goes. */
	first = calloc(65537 + 65536, sizeof(*first));
	if (first == NULL)
		return no_memory(a);
	if (count_ports(a, ps, first) == -1)
		goto err;
	at = first + 65537;
	for (port = 0; port < 65536; port++) {
		first[port + 1] += first[port];
		at[port] = first[port];
	}
	list = calloc((size_t)first[65536] + 1, sizeof(*list));
	if (list == NULL) {
		no_memory(a);
		goto err;
	}
	for (i = 0; i < ps->n; i++)
		for (k = 0; k < ps->v[i].ports.n; k++) {
			pr = &ps->v[i].ports.r[k];
			for (port = pr->lo; port <= pr->hi; port++)
				list[at[port]++] = &ps->v[i];
		}
	ps->list = list;
	ps->first = first;
	return 0;
err:
	free(first);
	return -1;
}

/* A copy of p, in memory of its own. */
static int
payload_copy(struct payload *dst, const struct payload *src)
{
	size_t head = (size_t)(src->p - (const uint8_t *)src->name);
	struct payload p = *src;
	char *block = malloc(head + p.n);

	p.ports = (struct portset){ 0 };
	if (block == NULL || portset_union(&p.ports, &src->ports) == -1) {
		portset_release(&p.ports);
		free(block);
		return -1;
	}
	memcpy(block, src->name, head + p.n);
	p.name = block;
	p.source = block + (src->source - src->name);
	p.p = (const uint8_t *)block + head;
	*dst = p;
	return 0;
}

/* All of the old set that stays, then the new one's: into *out, which holds
 * whatever was made, for release, on an error too. Empties the text's. */
static int
merge(struct adding *a, const struct payloads *old, struct payloads *out)
{
	struct payload *p;
	size_t i;

	out->v = calloc(old->n + a->text.n + 1, sizeof(*out->v));
	if (out->v == NULL)
		return no_memory(a);
	for (i = 0; i < old->n; i++) {
		if (payload_find(a->text.v, a->text.n, old->v[i].name) != NULL)
			continue;
		p = &out->v[out->n];
		if (payload_copy(p, &old->v[i]) == -1)
			return no_memory(a);
		out->n++;
		if (portset_subtract(&p->ports, &a->text.clear) == -1)
			return no_memory(a);
		if (p->ports.n == 0)
			payload_release(&out->v[--out->n]);
	}
	for (i = 0; i < a->text.n; i++)
		out->v[out->n++] = a->text.v[i];
	a->text.n = 0;
	if (out->n > PAYLOADS_MAX)
		return payload_fail(a->err, a->name, a->text.lines,
		    "more than %d payloads with those read before; drop some",
		    PAYLOADS_MAX);
	return out->n == 0 ? 0 : build_index(a, out);
}

int
payloads_parse(struct payloads *ps, struct str text, const char *name,
    struct buf *err)
{
	struct adding a = { .name = name, .err = err };
	struct payloads out = { 0 };
	int rc;

	if ((rc = payload_text_read(&a.text, text, name, err)) == -1 ||
	    (rc = merge(&a, ps, &out)) == -1)
		goto out;
	payloads_release(ps);
	*ps = out;
	out = (struct payloads){ 0 };
out:
	payloads_release(&out);
	payload_text_release(&a.text);
	return rc;
}

/* ---- probes and answers ---- */

/* The bytes that stand in a datagram for a cookie. */
static void
cookie_put(const struct payload *p, uint8_t *dst,
    const uint8_t cookie[PAYLOAD_COOKIE])
{
	static const char digit[] = "0123456789abcdef";
	unsigned i;

	if (!p->cookie_hex) {
		memcpy(dst, cookie, p->cookie_n);
		return;
	}
	for (i = 0; i < p->cookie_n; i++)
		dst[i] = (uint8_t)digit[cookie[i / 2] >> (i % 2 ? 0 : 4) & 15];
}

void
payload_put(const struct payload *p, uint8_t *dst,
    const uint8_t cookie[PAYLOAD_COOKIE])
{
	memcpy(dst, p->p, p->n);
	cookie_put(p, dst + p->cookie_at, cookie);
}

enum payload_proof
payload_prove(const struct payload *p, const uint8_t *answer, size_t n,
    const uint8_t cookie[PAYLOAD_COOKIE])
{
	uint8_t want[2 * PAYLOAD_COOKIE];
	bool there;

	if (p->echo_at == PAYLOAD_ECHO_NONE)
		return PAYLOAD_MUTE;
	cookie_put(p, want, cookie);
	if (p->echo_at == PAYLOAD_ECHO_ANY)
		there = n > 0 &&
		    memmem(answer, n, want, p->cookie_n) != NULL;
	else
		there = n >= (size_t)p->echo_at + p->cookie_n &&
		    memcmp(answer + p->echo_at, want, p->cookie_n) == 0;
	return there ? PAYLOAD_PROVEN : PAYLOAD_UNPROVEN;
}

enum payload_proof
payloads_prove(const struct payloads *ps, uint16_t port,
    const uint8_t *answer, size_t n, const uint8_t cookie[PAYLOAD_COOKIE])
{
	struct payload_list l = payloads_for(ps, port);
	enum payload_proof one, all = PAYLOAD_UNPROVEN;
	size_t i;

	/* One that repeats nothing may have been the one that was answered. */
	for (i = 0; i < l.n; i++) {
		one = payload_prove(l.v[i], answer, n, cookie);
		if (one == PAYLOAD_PROVEN)
			return one;
		if (one == PAYLOAD_MUTE)
			all = one;
	}
	return all;
}
