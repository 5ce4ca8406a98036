/* The progress line on stderr. Layer 3.
 *
 * On a terminal it is one line that overwrites itself; elsewhere (when asked
 * for) a line now and then. The pure half is progress_text().
 *
 * Who runs a pipeline shows one line for all of it: where PRT_CONTROL names a
 * descriptor, the end of a socket that keeps messages apart, nothing goes to
 * stderr, the figures go there as events, and commands come from there
 * (prt-record(5)). */
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
	int		 control;	/* the socket, -1: none */
	bool		 paused;	/* as the commands say: begin nothing */
	double		 speed;		/* what the rate's ceiling is times */
};

/* An event, as it goes over the control socket. */
struct progress_event {
	char			name[32];
	struct progress_state	state;
	double			rate, pace;
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
/* Takes what commands have come: true when ->paused or ->speed changed. Never
 * waits. */
bool	progress_hear(struct progress *);
/* An event as a line of NDJSON without its newline, and back: the length, 0 when
 * it does not fit; 0, or -1 when it is none. */
size_t	progress_event_put(char *dst, size_t cap,
	    const struct progress_event *);
int	progress_event_get(struct progress_event *, const char *text);
/* Takes the line off the terminal: before anything else is written there, and
 * at the end. */
void	progress_clear(struct progress *);
/* What the line says after its name: percent, rate, found, time left; at most
 * cap bytes with the NUL. Returns the length. */
size_t	progress_text(char *dst, size_t cap, const struct progress_state *,
	    double rate, double pace);

#endif
