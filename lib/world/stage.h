/* A stage of a pipeline that serves sockets: records in, records out, signals
 * and the progress line, around one event loop. Layer 3. */
#ifndef PRT_WORLD_STAGE_H
#define PRT_WORLD_STAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "world/loop.h"
#include "world/progress.h"
#include "world/recio.h"

struct stage {
	struct loop		 loop;
	struct recin		 in;		/* stdin */
	struct recout		 out;		/* stdout */
	struct progress		 progress;	/* on stderr */
	struct loop_fd		 input, sig, control;
	struct loop_timer	 flush, tick;
	/* stdin can be read. */
	void			(*ready)(struct stage *);
	/* How far is it? */
	void			(*show)(struct stage *, struct progress_state *);
	/* Commands have changed progress.paused or .speed; NULL: they are of
	 * no use here. To be set after stage_init(). */
	void			(*steer)(struct stage *);
	bool			 stopped;	/* by SIGINT or SIGTERM */
	uint64_t		 start;
};

/* Begins to watch stdin and the signals, which from now on only stop the loop
 * between two events. The name starts each line of the progress, and must
 * outlive it. 0, or -1 with errno; stage_release() either way. */
int	stage_init(struct stage *, enum rec_format, bool progress,
	    const char *name, void (*ready)(struct stage *),
	    void (*show)(struct stage *, struct progress_state *));
/* All but the output, which recout_close() ends. */
void	stage_release(struct stage *);
/* Writes a record: at once on a terminal, else when many are gathered or some
 * time has passed. When the output fails, the loop stops. */
void	stage_put(struct stage *, const struct record *);
void	stage_flush(struct stage *);

#endif
