/* How many records a second the codecs do on one core: `records [COUNT]` prints
 * what and how many, a TAB between. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "meaning/record.h"

enum { LINES = 1000 };

struct input {
	struct buf	text;
	size_t		end[LINES];	/* where each line's newline is */
};

static void
fill(struct input *in)
{
	struct buf *b = &in->text;
	size_t i;

	for (i = 0; i < LINES; i++) {
		buf_printf(b, "192.0.2.%zu\t%zu\ttcp\topen\tsyn-ack\tttl=57\t"
		    "rtt=0.0%zu\ttime=1764000000.%06zu", i % 256, i * 61 + 1,
		    i + 100, i * 997);
		in->end[i] = b->n;
		buf_putc(b, '\n');
	}
}

static void
to_json(struct input *json, const struct input *tsv, struct record *r)
{
	const char *err;
	size_t i, at = 0;

	for (i = 0; i < LINES; i++) {
		rec_scan(r, tsv->text.p + at, tsv->end[i] - at, &err);
		rec_put_json(r, &json->text);
		json->end[i] = json->text.n - 1;
		at = tsv->end[i] + 1;
	}
}

typedef void put_fn(const struct record *, struct buf *);

/* Reads (with `in`) and writes (with `put`) `count` records; without input it
 * writes the record that `r` already is. */
static void
measure(const char *what, struct record *r, const struct input *in,
    put_fn *put, unsigned long count)
{
	struct buf out = { 0 };
	const char *err = NULL;
	unsigned long i;
	size_t at = 0, k;
	uint64_t t = clock_mono_ns();
	double s;

	for (i = 0; i < count; i++) {
		k = i % LINES;
		if (k == 0)
			at = out.n = 0;
		if (in != NULL) {
			if (rec_scan(r, in->text.p + at, in->end[k] - at,
			    &err) == -1) {
				fprintf(stderr, "records: %s\n", err);
				exit(1);
			}
			at = in->end[k] + 1;
		}
		if (put != NULL)
			put(r, &out);
	}
	s = (double)(clock_mono_ns() - t) / 1e9;
	printf("%s\t%.0f\n", what, (double)count / s);
	buf_release(&out);
}

int
main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 4000000;
	static struct input tsv, json;
	struct record r = { 0 };

	fill(&tsv);
	to_json(&json, &tsv, &r);
	measure("TSV parsed", &r, &tsv, NULL, count);
	measure("TSV parsed, TSV written", &r, &tsv, rec_put_tsv, count);
	measure("NDJSON written", &r, NULL, rec_put_json, count);
	measure("TSV parsed, NDJSON written", &r, &tsv, rec_put_json, count);
	measure("NDJSON parsed", &r, &json, NULL, count);
	measure("NDJSON parsed, TSV written", &r, &json, rec_put_tsv, count);
	rec_release(&r);
	buf_release(&tsv.text);
	buf_release(&json.text);
	return 0;
}
