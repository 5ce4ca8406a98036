/* Frames that wait for their time: a timing wheel (Varghese and Lauck, 1987)
 * over a memory of fixed size. */
#ifndef SIMNET_WHEEL_H
#define SIMNET_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How coarse it is: a frame never leaves early, and up to this much late. */
#define WHEEL_TICK_NS	50000u

struct wheel_frame {
	uint64_t	 due;
	uint32_t	 next;		/* private */
	uint16_t	 n;
	uint16_t	 ethertype;
	uint8_t		 mac[6];	/* to whom */
	uint8_t		 bytes[];	/* from the network header on */
};

struct wheel;

/* NULL with errno. Memory is taken as it is needed. */
struct wheel *wheel_new(uint64_t now);
void	wheel_free(struct wheel *);
/* Room for a frame of n bytes that is due at that time, to be filled in; NULL
 * when the wheel is full. */
struct wheel_frame *wheel_add(struct wheel *, uint64_t due, size_t n);
/* Hands out every frame that is due, in order of their ticks and, within one,
 * of coming. */
void	wheel_turn(struct wheel *, uint64_t now,
	    void (*give)(void *arg, const struct wheel_frame *), void *arg);
/* Nanoseconds until a frame may be due, 0: now; UINT64_MAX when none waits. */
uint64_t wheel_wait(const struct wheel *, uint64_t now);
uint32_t wheel_count(const struct wheel *);

#endif
