#include "output.h"

#include <stddef.h>

const struct output *const outputs[] = {
	&output_normal,
	&output_tsv,
	&output_ndjson,
	&output_csv,
	NULL
};
