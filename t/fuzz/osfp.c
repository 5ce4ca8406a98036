#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "meaning/osfp.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* What can be read is written in three forms, which all say the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct osfp fp, again;
	struct buf err = { 0 }, first = { 0 }, form = { 0 };
	int i;

	if (osfp_parse(&fp, (struct str){ (const char *)data, n }, &err) ==
	    -1) {
		assert(err.n > 0);
		buf_release(&err);
		return 0;
	}
	assert(err.n == 0);
	osfp_fmt(&fp, OSFP_JOINED, &first);
	for (i = OSFP_JOINED; i <= OSFP_WRAPPED && first.n > 0; i++) {
		form.n = 0;
		osfp_fmt(&fp, (enum osfp_form)i, &form);
		assert(osfp_parse(&again, buf_view(&form), NULL) == 0);
		form.n = 0;
		osfp_fmt(&again, OSFP_JOINED, &form);
		assert(str_eq(buf_view(&first), buf_view(&form)));
	}
	buf_release(&err);
	buf_release(&first);
	buf_release(&form);
	return 0;
}
