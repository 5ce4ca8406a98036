#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "meaning/ospassive.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* The fingerprint is one that can be read again, and says nothing new. */
static void
check(const struct ospassive *o)
{
	static struct osfp fp, again;
	struct buf a = { 0 }, b = { 0 };

	ospassive_read(o, &fp);
	osfp_fmt(&fp, OSFP_JOINED, &a);
	assert(osfp_parse(&again, buf_view(&a), NULL) == 0);
	osfp_fmt(&again, OSFP_JOINED, &b);
	assert(str_eq(buf_view(&a), buf_view(&b)));
	assert(ospassive_weight(o) <= 90);
	buf_release(&a);
	buf_release(&b);
}

/* Lines of records, all of one host. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str rest = { (const char *)data, n }, line;
	struct ospassive o, before, twice;
	struct record r = { 0 };
	const char *err;

	memset(&o, 0, sizeof(o));
	while (rest.p != NULL) {
		line = str_cut(&rest, '\n');
		before = o;
		if (rec_scan(&r, line.p, line.n, &err) == 0 &&
		    !ospassive_take(&o, &r, n & 1))
			assert(memcmp(&before, &o, sizeof(o)) == 0);
	}
	assert(ospassive_distance(&o) <= 128);
	ospassive_plain(&o);
	check(&o);
	/* what is plain stays so */
	twice = o;
	ospassive_plain(&twice);
	assert(twice.mss == o.mss && twice.ttl[0] == o.ttl[0]);
	rec_release(&r);
	return 0;
}
