#include "output.h"

#include <stddef.h>

const struct output *const outputs[] = {
	&output_normal,
	&output_tsv,
	&output_ndjson,
	&output_csv,
	&output_xml,
	&output_gnmap,
	&output_masscan_list,
	&output_masscan_ndjson,
	&output_naabu,
	&output_zgrab,
	&output_hostport,
	&output_targets,
	&output_md,
	&output_ecs,
	&output_html,
	&output_sqlite,
	NULL
};

const struct output *
output_find(const char *name)
{
	size_t i;

	for (i = 0; outputs[i] != NULL; i++)
		if (strcmp(outputs[i]->name, name) == 0)
			break;
	return outputs[i];
}

void
outputs_list(struct buf *b)
{
	size_t i;

	for (i = 0; outputs[i] != NULL; i++) {
		if (i > 0)
			buf_puts(b, outputs[i + 1] == NULL ? " and " : ", ");
		buf_puts(b, outputs[i]->name);
	}
}
