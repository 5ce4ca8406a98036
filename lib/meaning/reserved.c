#include "meaning/reserved.h"

#include "base/str.h"
#include "pure/addr.h"

int
reserved_parse(struct rangeset *s, const char *text, size_t n,
    unsigned long *line, const char **what)
{
	struct str rest = { text, n }, row;
	u128 first, last;

	*line = 0;
	while (rest.n > 0) {
		++*line;
		row = str_cut(&rest, '\n');
		row = str_trim(str_cut(&row, '#'));
		if (row.n == 0)
			continue;
		*what = "no address, a/len or a-b";
		if (addr_range_parse(row.p, row.n, &first, &last) == -1)
			goto bad;
		if (rangeset_add(s, first, last) == -1) {
			*what = "out of memory";
			*line = 0;
			goto bad;
		}
	}
	rangeset_normalise(s);
	return 0;
bad:
	rangeset_release(s);
	return -1;
}
