#include "base/esc.h"

#include <string.h>

#include "base/utf8.h"

static const char hex[] = "0123456789abcdef";

int
esc_hexval(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static void
put_escaped(struct buf *b, unsigned char c)
{
	char x[4] = { '\\', 'x', hex[c >> 4], hex[c & 15] };

	switch (c) {
	case '\t':
		buf_put(b, "\\t", 2);
		break;
	case '\n':
		buf_put(b, "\\n", 2);
		break;
	case '\r':
		buf_put(b, "\\r", 2);
		break;
	case '\\':
		buf_put(b, "\\\\", 2);
		break;
	default:
		buf_put(b, x, 4);
	}
}

void
esc_put_also(struct buf *b, const void *bytes, size_t n, const char *also)
{
	const char *p = bytes;
	size_t i, k, plain = 0;

	for (i = 0; i < n; i += k) {
		k = p[i] == '\\' || (p[i] != '\0' && *also != '\0' &&
		    strchr(also, p[i]) != NULL) ? 0 :
		    utf8_printable(p + i, n - i);
		if (k > 0)
			continue;
		buf_put(b, p + plain, i - plain);
		put_escaped(b, (unsigned char)p[i]);
		k = 1;
		plain = i + 1;
	}
	buf_put(b, p + plain, n - plain);
}

void
esc_put(struct buf *b, const void *bytes, size_t n)
{
	esc_put_also(b, bytes, n, "");
}

/* The length of the escape at p, which starts with a backslash; 0 if bad. */
static size_t
escape_len(const char *p, size_t n)
{
	if (n < 2)
		return 0;
	if (p[1] == 't' || p[1] == 'n' || p[1] == 'r' || p[1] == '\\')
		return 2;
	if (p[1] == 'x' && n >= 4 && esc_hexval(p[2]) >= 0 && esc_hexval(p[3]) >= 0)
		return 4;
	return 0;
}

size_t
esc_clean(const char *text, size_t n)
{
	size_t i, k;

	for (i = 0; i < n; i += k) {
		k = text[i] == '\\' ? escape_len(text + i, n - i) :
		    utf8_printable(text + i, n - i);
		if (k == 0)
			break;
	}
	return i;
}

int
esc_decode(struct buf *b, const char *text, size_t n)
{
	size_t i, k, start = b->n;

	for (i = 0; i < n; i += k) {
		k = 1;
		if (text[i] != '\\') {
			buf_putc(b, text[i]);
			continue;
		}
		if ((k = escape_len(text + i, n - i)) == 0) {
			b->n = start;
			return -1;
		}
		switch (text[i + 1]) {
		case 't':
			buf_putc(b, '\t');
			break;
		case 'n':
			buf_putc(b, '\n');
			break;
		case 'r':
			buf_putc(b, '\r');
			break;
		case '\\':
			buf_putc(b, '\\');
			break;
		default:
			buf_putc(b, (char)(esc_hexval(text[i + 2]) << 4 |
			    esc_hexval(text[i + 3])));
		}
	}
	return 0;
}

size_t
esc_scan(const char *text, size_t n, const char *from, const char *to,
    unsigned char *byte)
{
	const char *at;
	int hi, lo;

	if (n < 2 || text[0] != '\\' || text[1] == '\0')
		return 0;
	if (n >= 4 && text[1] == 'x') {
		hi = esc_hexval(text[2]);
		lo = esc_hexval(text[3]);
		if (hi != -1 && lo != -1) {
			*byte = (unsigned char)(hi << 4 | lo);
			return 4;
		}
	}
	if ((at = strchr(from, text[1])) == NULL)
		return 0;
	*byte = (unsigned char)to[at - from];
	return 2;
}
