/* What happens to a record between input and format: --only, --sort, --group.
 * A program's own header, no layer. */
#ifndef PRT_FMT_STAGE_H
#define PRT_FMT_STAGE_H

#include <stdbool.h>

#include "only.h"
#include "output.h"
#include "report.h"

struct stage {
	const struct output	*format;
	struct sink		*sink;
	struct only		*only;
	bool			 sort;
	bool			 group;	/* one record for the ports of a host */
	struct report		 held;	/* for the two */
};

/* NULL, or what is wrong with the record, and the mend. */
const char *stage_put(struct stage *, const struct record *);
/* Gives on what was held. */
void	stage_finish(struct stage *);

#endif
