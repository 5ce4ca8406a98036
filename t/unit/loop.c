#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "world/loop.h"

#define MS	UINT64_C(1000000)

struct seen {
	struct loop_fd		 f;
	struct loop_timer	 t;
	int			 n;
	uint32_t		 events;
	struct seen		*other;
	uint64_t		 fired;
};

static struct seen *
of_fd(struct loop_fd *f)
{
	return (struct seen *)((char *)f - offsetof(struct seen, f));
}

static struct seen *
of_timer(struct loop_timer *t)
{
	return (struct seen *)((char *)t - offsetof(struct seen, t));
}

static void
drain(struct loop *l, struct loop_fd *f, uint32_t events)
{
	struct seen *s = of_fd(f);
	char c;

	s->events = events;
	if (read(f->fd, &c, 1) == 1)
		s->n++;
	else
		loop_del(l, f);
}

static void
test_pipe(void **state)
{
	struct seen s = { .f.ready = drain };
	struct loop l;
	int p[2];

	(void)state;
	assert_int_equal(loop_init(&l), 0);
	assert_int_equal(pipe(p), 0);
	s.f.fd = p[0];
	assert_int_equal(loop_add(&l, &s.f, EPOLLIN), 0);
	assert_int_equal(loop_turn(&l, 0), 0);
	assert_int_equal(s.n, 0);
	assert_int_equal(write(p[1], "abc", 3), 3);
	/* paused, and on again */
	assert_int_equal(loop_mod(&l, &s.f, 0), 0);
	assert_int_equal(loop_turn(&l, 0), 0);
	assert_int_equal(s.n, 0);
	assert_int_equal(loop_mod(&l, &s.f, EPOLLIN), 0);
	close(p[1]);
	assert_int_equal(loop_run(&l), 0);
	assert_int_equal(s.n, 3);
	assert_int_equal(l.nfd, 0);
	close(p[0]);
	loop_release(&l);
}

/* epoll refuses regular files; the loop does not. */
static void
test_regular_file(void **state)
{
	struct seen s = { .f.ready = drain };
	struct loop l;
	char name[] = "/tmp/loopXXXXXX";
	int fd;

	(void)state;
	assert_int_equal(loop_init(&l), 0);
	fd = mkstemp(name);
	assert_true(fd != -1);
	unlink(name);
	assert_int_equal(write(fd, "12345", 5), 5);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	s.f.fd = fd;
	assert_int_equal(loop_add(&l, &s.f, EPOLLIN), 0);
	assert_int_equal(loop_turn(&l, 0), 0);
	assert_int_equal(s.n, 1);
	assert_int_equal(loop_mod(&l, &s.f, 0), 0);
	assert_int_equal(loop_turn(&l, 0), 0);
	assert_int_equal(s.n, 1);
	assert_int_equal(loop_mod(&l, &s.f, EPOLLIN), 0);
	assert_int_equal(loop_run(&l), 0);
	assert_int_equal(s.n, 5);
	close(fd);
	loop_release(&l);
}

static void
remove_other(struct loop *l, struct loop_fd *f, uint32_t events)
{
	struct seen *s = of_fd(f);

	(void)events;
	s->n++;
	loop_del(l, f);
	loop_del(l, &s->other->f);
}

/* Of two that are ready in one turn, the first ends the second. */
static void
test_removed_is_not_served(void **state)
{
	struct seen a = { .f.ready = remove_other };
	struct seen b = { .f.ready = remove_other };
	struct loop l;
	int p[2], q[2];

	(void)state;
	assert_int_equal(loop_init(&l), 0);
	assert_int_equal(pipe(p), 0);
	assert_int_equal(pipe(q), 0);
	a.f.fd = p[0];
	b.f.fd = q[0];
	a.other = &b;
	b.other = &a;
	assert_int_equal(loop_add(&l, &a.f, EPOLLIN), 0);
	assert_int_equal(loop_add(&l, &b.f, EPOLLIN), 0);
	assert_int_equal(write(p[1], "x", 1), 1);
	assert_int_equal(write(q[1], "x", 1), 1);
	assert_int_equal(loop_run(&l), 0);
	assert_int_equal(a.n + b.n, 1);
	for (int i = 0; i < 2; i++)
		close(p[i]), close(q[i]);
	loop_release(&l);
}

static void
test_bad_fd(void **state)
{
	struct seen s = { .f.ready = drain, .f.fd = -1 };
	struct loop l;

	(void)state;
	assert_int_equal(loop_init(&l), 0);
	assert_int_equal(loop_add(&l, &s.f, EPOLLIN), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(l.nfd, 0);
	assert_int_equal(loop_run(&l), 0);	/* nothing to wait for */
	loop_release(&l);
}

static int order;

static void
note(struct loop *l, struct loop_timer *t)
{
	struct seen *s = of_timer(t);

	s->n = ++order;
	s->fired = l->now;
}

static void
test_timers_in_order(void **state)
{
	enum { N = 500 };
	static struct seen s[N];
	struct loop l;
	uint64_t base, rnd = 1;

	(void)state;
	order = 0;
	assert_int_equal(loop_init(&l), 0);
	base = clock_mono_ns() + MS;
	for (int i = 0; i < N; i++) {
		rnd = rnd * 6364136223846793005u + 1442695040888963407u;
		s[i].t.fire = note;
		assert_int_equal(loop_timer_set(&l, &s[i].t,
		    base + (rnd >> 33) % 10000 * 1000), 0);
	}
	/* a third moves, a third is cleared */
	for (int i = 0; i < N; i += 3)
		assert_int_equal(loop_timer_set(&l, &s[i].t,
		    base + (uint64_t)(N - i) * 10000), 0);
	for (int i = 1; i < N; i += 3) {
		loop_timer_clear(&l, &s[i].t);
		assert_false(loop_timer_is_set(&s[i].t));
		loop_timer_clear(&l, &s[i].t);
	}
	assert_int_equal(loop_run(&l), 0);
	for (int i = 0; i < N; i++) {
		assert_true((s[i].n == 0) == (i % 3 == 1));
		if (s[i].n == 0)
			continue;
		assert_true(s[i].fired >= s[i].t.at);
		for (int j = 0; j < i; j++)
			if (s[j].n != 0 && s[j].t.at < s[i].t.at)
				assert_true(s[j].n < s[i].n);
	}
	loop_release(&l);
}

static void
again(struct loop *l, struct loop_timer *t)
{
	struct seen *s = of_timer(t);

	if (++s->n == 100)
		loop_stop(l);
	loop_timer_set(l, t, 0);
}

/* A timer that is always due leaves descriptors their turn. */
static void
test_busy_timer_starves_nobody(void **state)
{
	struct seen t = { .t.fire = again };
	struct seen s = { .f.ready = drain };
	struct loop l;
	int p[2];

	(void)state;
	assert_int_equal(loop_init(&l), 0);
	assert_int_equal(pipe(p), 0);
	s.f.fd = p[0];
	assert_int_equal(loop_add(&l, &s.f, EPOLLIN), 0);
	assert_int_equal(write(p[1], "abcde", 5), 5);
	assert_int_equal(loop_timer_set(&l, &t.t, 0), 0);
	assert_int_equal(loop_run(&l), 0);
	assert_int_equal(t.n, 100);
	assert_int_equal(s.n, 5);
	close(p[0]);
	close(p[1]);
	loop_release(&l);
}

static void
test_turn_is_bounded(void **state)
{
	struct seen s = { .t.fire = note };
	struct loop l;
	uint64_t t0, t1;

	(void)state;
	assert_int_equal(loop_init(&l), 0);
	t0 = clock_mono_ns();
	assert_int_equal(loop_timer_set(&l, &s.t, t0 + 3600000 * MS), 0);
	assert_int_equal(loop_turn(&l, 2 * MS), 0);
	t1 = clock_mono_ns();
	assert_true(t1 - t0 >= 2 * MS);
	assert_int_equal(s.n, 0);
	loop_release(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_regular_file),
		cmocka_unit_test(test_removed_is_not_served),
		cmocka_unit_test(test_bad_fd),
		cmocka_unit_test(test_timers_in_order),
		cmocka_unit_test(test_busy_timer_starves_nobody),
		cmocka_unit_test(test_turn_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
