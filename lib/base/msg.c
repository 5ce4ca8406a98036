#include "base/msg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/utf8.h"

static const char *prog = "prt";

void
msg_init(const char *argv0)
{
	const char *slash;

	if (argv0 == NULL || *argv0 == '\0')
		return;
	slash = strrchr(argv0, '/');
	prog = slash != NULL ? slash + 1 : argv0;
}

const char *
msg_name(void)
{
	return prog;
}

/* Everything that could move a cursor becomes '?'. */
static void
defuse(char *p, size_t n)
{
	size_t i, k;

	for (i = 0; i < n; i += k) {
		k = utf8_printable(p + i, n - i);
		if (k == 0) {
			p[i] = '?';
			k = 1;
		}
	}
}

void
msg_vat(const char *file, unsigned long line, const char *fmt, va_list ap)
{
	struct buf b = { 0 };
	char text[4096];
	ssize_t w;

	buf_printf(&b, "%s: ", prog);
	if (file != NULL && line != 0)
		buf_printf(&b, "%s:%lu: ", file, line);
	else if (file != NULL)
		buf_printf(&b, "%s: ", file);
	vsnprintf(text, sizeof(text), fmt, ap);
	buf_puts(&b, text);
	if (b.n > 0)
		defuse(b.p, b.n);
	buf_putc(&b, '\n');
	if (b.n > 0) {
		w = write(STDERR_FILENO, b.p, b.n);
		(void)w;	/* nowhere left to complain */
	}
	buf_release(&b);
}

void
msg_at(const char *file, unsigned long line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	msg_vat(file, line, fmt, ap);
	va_end(ap);
}

void
msg_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	msg_vat(NULL, 0, fmt, ap);
	va_end(ap);
}

void
msg_lines(struct str text)
{
	struct str line;

	while (text.n > 0) {
		line = str_cut(&text, '\n');
		if (line.n > 0)
			msg_warn("%.*s", STR_ARG(line));
	}
}

void
msg_die(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	msg_vat(NULL, 0, fmt, ap);
	va_end(ap);
	exit(status);
}
