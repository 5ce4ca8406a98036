#define PCRE2_CODE_UNIT_WIDTH 8
#include "meaning/svcregex.h"

#include <stdint.h>
#include <stdlib.h>

#include <pcre2.h>

/* What one match may take: steps back, steps deep, KiB. Honest matches of 4 KB
 * need a hundredth of it. */
#define STEPS	100000
#define DEEP	10000
#define MEMORY	4096

struct svcregex_memory {
	pcre2_match_data	*data;
	pcre2_match_context	*limits;
};

static pcre2_code *
code_of(const struct svcregex *re)
{
	return (pcre2_code *)(uintptr_t)re;
}

struct svcregex *
svcregex_new(struct str s, bool caseless, bool dotall, struct buf *err)
{
	uint32_t opts = PCRE2_NEVER_UTF | PCRE2_NEVER_UCP |
	    PCRE2_NEVER_BACKSLASH_C;
	PCRE2_UCHAR why[128];
	pcre2_code *code;
	PCRE2_SIZE at;
	int rc;

	if (caseless)
		opts |= PCRE2_CASELESS;
	if (dotall)
		opts |= PCRE2_DOTALL;
	code = pcre2_compile((PCRE2_SPTR)s.p, s.n, opts, &rc, &at, NULL);
	if (code == NULL && err != NULL) {
		pcre2_get_error_message(rc, why, sizeof(why));
		buf_printf(err, "%s at its byte %zu", (char *)why, at);
	}
	return (struct svcregex *)code;
}

void
svcregex_free(struct svcregex *re)
{
	pcre2_code_free(code_of(re));
}

unsigned
svcregex_groups(const struct svcregex *re)
{
	uint32_t n = 0;

	pcre2_pattern_info(code_of(re), PCRE2_INFO_CAPTURECOUNT, &n);
	return n;
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
	pcre2_set_match_limit(m->limits, STEPS);
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

bool
svcregex_match(const struct svcregex *re, struct svcregex_memory *m,
    const void *text, size_t n, struct str group[SVCREGEX_GROUPS], bool *over)
{
	const PCRE2_SIZE *at;
	int rc, i;

	rc = pcre2_match(code_of(re), text, n, 0, 0, m->data, m->limits);
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
