/* The progress line on stderr. Layer 3.
 *
 * On a terminal it is one line that overwrites itself; elsewhere (when asked
 * for) a line now and then. The pure half is progress_text(). */
#ifndef PRT_WORLD_PROGRESS_H
#define PRT_WORLD_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress_state {
	uint64_t	done;		/* probes that are decided */
	uint64_t	total;		/* probes known so far */
	bool		more;		/* the total may still grow */
	uint64_t	sent;		/* packets or attempts so far */
	uint64_t	found;		/* open ports, or hosts up */
};

struct progress {
	int		 fd;
	bool		 on;
	bool		 tty;
	bool		 shown;		/* a line stands on the terminal */
	const char	*name;
	uint64_t	 due;		/* when the next update may come */
	uint64_t	 last;
	struct progress_state was;	/* at `last` */
	double		 rate;		/* sent a second, smoothed */
	double		 pace;		/* done a second, smoothed */
};

/* Writes to fd when that is a terminal, or always with `force`. The name starts
 * each line and must outlive the struct. */
void	progress_init(struct progress *, int fd, bool force, const char *name,
	    uint64_t now);
/* Is it time for another progress_show()? Cheap, and false when off. */
static inline bool
progress_due(const struct progress *p, uint64_t now)
{
	return p->on && now >= p->due;
}
/* Measures and shows: one write(2), five times a second at most on a terminal,
 * once a second elsewhere, whenever it is called. */
void	progress_show(struct progress *, uint64_t now,
	    const struct progress_state *);
/* Takes the line off the terminal: before anything else is written there, and
 * at the end. */
void	progress_clear(struct progress *);
/* What the line says after its name: percent, rate, found, time left; at most
 * cap bytes with the NUL. Returns the length. */
size_t	progress_text(char *dst, size_t cap, const struct progress_state *,
	    double rate, double pace);

#endif
