#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "meaning/osevidence.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Records of ports, a line each; the last is the host's, and stays one. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str rest = { (const char *)data, n }, line;
	struct osevidence said = { 0 };
	struct record r = { 0 }, again = { 0 };
	struct buf b = { 0 };
	const char *err;

	while (rest.p != NULL) {
		line = str_cut(&rest, '\n');
		if (rec_scan(&r, line.p, line.n, &err) == 0 &&
		    r.kind == REC_DATA)
			osevidence_take(&said, &r);
	}
	if (r.kind == REC_DATA) {
		osevidence_weigh(&said, n % 2 == 0, &r);
		rec_put_tsv(&r, &b);
		assert(rec_scan(&again, b.p, b.n - 1, &err) == 0);
	}
	buf_release(&b);
	rec_release(&r);
	rec_release(&again);
	return 0;
}
