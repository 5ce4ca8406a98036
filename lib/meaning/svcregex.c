#define PCRE2_CODE_UNIT_WIDTH 8
#include "meaning/svcregex.h"

#include <stdint.h>
#include <stdlib.h>

#include <pcre2.h>

/* What one match may take: steps, of all places where it may start and of one;
 * steps deep; KiB. Honest matches of 4 KB need a hundredth of it. PCRE2 itself
 * counts the steps from each place alone. */
#define STEPS_ALL	2000000
#define STEPS_MAX	100000
#define STEPS_MIN	1000
#define DEEP		10000
#define MEMORY		4096

struct svcregex {
	pcre2_code	*code;
	uint32_t	 groups;
	/* Where it may start. */
	enum { AT_START, AT_LINE, AT_BYTE, AT_BITMAP, ANYWHERE } start;
	uint8_t		 byte[2];	/* in both cases */
	const uint8_t	*bitmap;	/* of 256 bits */
};

struct svcregex_memory {
	pcre2_match_data	*data;
	pcre2_match_context	*limits;
};

static uint8_t
other_case(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ?
	    c ^ 0x20 : c;
}

static void
find_start(struct svcregex *re)
{
	uint32_t options = 0, type = 0, byte = 0;

	pcre2_pattern_info(re->code, PCRE2_INFO_ALLOPTIONS, &options);
	pcre2_pattern_info(re->code, PCRE2_INFO_FIRSTCODETYPE, &type);
	pcre2_pattern_info(re->code, PCRE2_INFO_FIRSTCODEUNIT, &byte);
	pcre2_pattern_info(re->code, PCRE2_INFO_FIRSTBITMAP, &re->bitmap);
	re->byte[0] = (uint8_t)byte;
	re->byte[1] = other_case((uint8_t)byte);
	re->start = options & PCRE2_ANCHORED ? AT_START :
	    type == 1 ? AT_BYTE : type == 2 ? AT_LINE :
	    re->bitmap != NULL ? AT_BITMAP : ANYWHERE;
}

struct svcregex *
svcregex_new(struct str s, bool caseless, bool dotall, struct buf *err)
{
	uint32_t opts = PCRE2_NEVER_UTF | PCRE2_NEVER_UCP |
	    PCRE2_NEVER_BACKSLASH_C;
	struct svcregex *re = calloc(1, sizeof(*re));
	PCRE2_UCHAR why[128];
	PCRE2_SIZE at;
	int rc;

	if (re == NULL)
		return NULL;
	if (caseless)
		opts |= PCRE2_CASELESS;
	if (dotall)
		opts |= PCRE2_DOTALL;
	re->code = pcre2_compile((PCRE2_SPTR)s.p, s.n, opts, &rc, &at, NULL);
	if (re->code == NULL) {
		free(re);
		if (err == NULL)
			return NULL;
		pcre2_get_error_message(rc, why, sizeof(why));
		buf_printf(err, "%s at its byte %zu", (char *)why, at);
		return NULL;
	}
	pcre2_pattern_info(re->code, PCRE2_INFO_CAPTURECOUNT, &re->groups);
	find_start(re);
	return re;
}

void
svcregex_free(struct svcregex *re)
{
	if (re == NULL)
		return;
	pcre2_code_free(re->code);
	free(re);
}

unsigned
svcregex_groups(const struct svcregex *re)
{
	return re->groups;
}

struct svcregex_memory *
svcregex_memory_new(void)
{
	struct svcregex_memory *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->data = pcre2_match_data_create(SVCREGEX_GROUPS, NULL);
	m->limits = pcre2_match_context_create(NULL);
	if (m->data == NULL || m->limits == NULL) {
		svcregex_memory_free(m);
		return NULL;
	}
	pcre2_set_depth_limit(m->limits, DEEP);
	pcre2_set_heap_limit(m->limits, MEMORY);
	return m;
}

void
svcregex_memory_free(struct svcregex_memory *m)
{
	if (m == NULL)
		return;
	pcre2_match_data_free(m->data);
	pcre2_match_context_free(m->limits);
	free(m);
}

static size_t
count_byte(const uint8_t *p, size_t n, uint8_t c)
{
	size_t i, k = 0;

	for (i = 0; i < n; i++)
		k += p[i] == c;
	return k;
}

/* At how many places of the text the expression may start to match. */
static size_t
count_starts(const struct svcregex *re, const uint8_t *p, size_t n)
{
	size_t i, k = 0;

	switch (re->start) {
	case AT_START:
		return 1;
	case AT_LINE:
		return 1 + count_byte(p, n, '\n');
	case AT_BYTE:
		k = count_byte(p, n, re->byte[0]);
		return re->byte[0] == re->byte[1] ? k :
		    k + count_byte(p, n, re->byte[1]);
	case AT_BITMAP:
		for (i = 0; i < n; i++)
			k += re->bitmap[p[i] / 8] >> p[i] % 8 & 1;
		return k;
	case ANYWHERE:
		break;
	}
	return n;
}

static uint32_t
steps_each(size_t starts)
{
	size_t steps = STEPS_ALL / (starts + 1);

	return steps > STEPS_MAX ? STEPS_MAX :
	    steps < STEPS_MIN ? STEPS_MIN : (uint32_t)steps;
}

bool
svcregex_match(const struct svcregex *re, struct svcregex_memory *m,
    const void *text, size_t n, struct str group[SVCREGEX_GROUPS], bool *over)
{
	const PCRE2_SIZE *at;
	int rc, i;

	pcre2_set_match_limit(m->limits, steps_each(count_starts(re, text,
	    n)));
	rc = pcre2_match(re->code, text, n, 0, 0, m->data, m->limits);
	*over = rc < PCRE2_ERROR_PARTIAL;
	if (rc < 0)
		return false;
	if (rc == 0)
		rc = SVCREGEX_GROUPS;	/* there are more */
	at = pcre2_get_ovector_pointer(m->data);
	for (i = 0; i < SVCREGEX_GROUPS; i++) {
		group[i] = STR_NONE;
		/* \K may put the start of the whole behind its end. */
		if (i < rc && at[2 * i] != PCRE2_UNSET &&
		    at[2 * i] <= at[2 * i + 1])
			group[i] = (struct str){ (const char *)text +
			    at[2 * i], at[2 * i + 1] - at[2 * i] };
	}
	return true;
}
