#include "quote.h"

#include <string.h>

void
quote_put(struct buf *b, const char *word)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	    "_-+=.,:/@%";
	const char *s;

	if (*word != '\0' && word[strspn(word, plain)] == '\0') {
		buf_puts(b, word);
		return;
	}
	buf_putc(b, '\'');
	for (s = word; *s != '\0'; s++)
		if (*s == '\'')
			buf_puts(b, "'\\''");
		else
			buf_putc(b, *s);
	buf_putc(b, '\'');
}

void
quote_command(struct buf *b, int argc, char *const *argv)
{
	int i;

	buf_puts(b, "prtip");
	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--explain") == 0)
			continue;
		buf_putc(b, ' ');
		quote_put(b, argv[i]);
	}
}
