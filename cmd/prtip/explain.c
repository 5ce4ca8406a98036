#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/msg.h"
#include "plan.h"
#include "program.h"
#include "quote.h"

/* How wide a line gets before the next program goes to one of its own. */
#define WIDTH	78

static void
put_command(struct buf *b, const struct stage *st)
{
	char *name = program_name(st->argv[0]);
	size_t i;

	quote_put(b, name != NULL ? name : st->argv[0]);
	free(name);
	for (i = 1; i < st->argc; i++) {
		buf_putc(b, ' ');
		quote_put(b, st->argv[i]);
	}
}

/* A branch writes its file beside the pipe, which is descriptor 3 to it: no
 * more than POSIX's sh is needed, and all of it is waited for. */
static void
put_stage(struct buf *b, const struct stage *st)
{
	if (st->branch)
		buf_puts(b, "{ tee -ip /dev/fd/3 | ");
	put_command(b, st);
	if (st->branch)
		buf_puts(b, " 3>&-");
	if (st->input != NULL) {
		buf_puts(b, " <");
		quote_put(b, st->input);
	}
	if (st->file != NULL) {
		buf_puts(b, st->append ? " >>" : " >");
		quote_put(b, st->file);
	}
	if (st->branch)
		buf_puts(b, "; } 3>&1");
}

static void
put_pipeline(struct buf *b, const struct pipeline *p, const char *behind)
{
	struct buf one = { 0 };
	size_t i, used = 0;

	for (i = 0; i < p->n; i++) {
		one.n = 0;
		put_stage(&one, &p->stage[i]);
		if (i > 0 && used + one.n + 3 > WIDTH) {
			buf_puts(b, " |\n    ");
			used = 4;
		} else if (i > 0) {
			buf_puts(b, " | ");
			used += 3;
		}
		buf_put(b, one.p, one.n);
		used += one.n;
		b->oom |= one.oom;
	}
	buf_printf(b, "%s\n", behind);
	buf_release(&one);
}

int
pipeline_explain(const struct pipeline *p, const char *behind, FILE *to)
{
	struct buf b = { 0 };
	int r = PRT_FAILED;

	put_pipeline(&b, p, behind);
	if (b.oom)
		msg_warn("out of memory");
	else if (fwrite(b.p, 1, b.n, to) != b.n || fflush(to) != 0)
		msg_warn("cannot write the pipeline: %s", strerror(errno));
	else
		r = PRT_OK;
	buf_release(&b);
	return r;
}
