#include "flags.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* By their bits (RFC 9293, 3.1; RFC 3168, 6.1). */
static const struct {
	const char	*name;
	char		 letter;
} flag[] = {
	{ "FIN", 'F' }, { "SYN", 'S' }, { "RST", 'R' }, { "PSH", 'P' },
	{ "ACK", 'A' }, { "URG", 'U' }, { "ECE", 'E' }, { "CWR", 'C' },
};
enum { NFLAG = sizeof(flag) / sizeof(flag[0]) };

static unsigned
named(const char **s)
{
	unsigned bits = 0;
	size_t i;
	bool any = true;

	while (any) {
		any = false;
		while (**s == ',' || **s == ' ')
			(*s)++;
		for (i = 0; i < NFLAG && !any; i++)
			if (strncasecmp(*s, flag[i].name, 3) == 0) {
				bits |= 1u << i;
				*s += 3;
				any = true;
			}
	}
	return bits;
}

const char *
flags_read(char *dst, size_t cap, const char *text)
{
	const char *s = text;
	unsigned long bits;
	char *end;
	size_t i, n = 0;

	if (strcasecmp(text, "NONE") == 0) {
		bits = 0;
		s = text + strlen(text);
	} else if (*text >= '0' && *text <= '9') {
		bits = strtoul(text, &end, 0);
		s = end;
	} else {
		bits = named(&s);
	}
	if (*text == '\0' || *s != '\0' || bits > 0xff)
		return "names of FIN SYN RST PSH ACK URG ECE CWR in a row, as "
		    "SYNFIN, NONE, or a number up to 255";
	for (i = 0; i < NFLAG && n + 1 < cap; i++)
		if (bits & 1u << i)
			dst[n++] = flag[i].letter;
	dst[n] = '\0';
	return NULL;
}
